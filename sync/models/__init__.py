"""The tables of the two doors, one file a subject."""

from sync.models.inbound import FileLoad, Mapping, Submission, SubmissionItem
from sync.models.outbound import (
    Attempt,
    Lane,
    Mode,
    Parked,
    Replay,
    Status,
    Subscription,
    TargetHealth,
)
from sync.models.sink import Received

__all__ = [
    "Attempt",
    "FileLoad",
    "Lane",
    "Mapping",
    "Mode",
    "Parked",
    "Received",
    "Replay",
    "Status",
    "Submission",
    "SubmissionItem",
    "Subscription",
    "TargetHealth",
]
