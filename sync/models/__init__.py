"""The tables of the two doors."""

from sync.models.inbound import FileLoad, Mapping, Submission, SubmissionItem

__all__ = ["FileLoad", "Mapping", "Submission", "SubmissionItem"]
