"""The tables of the two doors, one file a subject."""

from sync.models.connections import Connection, Pull
from sync.models.inbound import (
    FileLoad,
    Mapping,
    Submission,
    SubmissionItem,
    Upload,
    UploadState,
)
from sync.models.outbound import (
    Attempt,
    ClosingCalendar,
    Criticality,
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
    "ClosingCalendar",
    "Connection",
    "Criticality",
    "FileLoad",
    "Lane",
    "Mapping",
    "Mode",
    "Parked",
    "Pull",
    "Received",
    "Replay",
    "Status",
    "Submission",
    "SubmissionItem",
    "Subscription",
    "TargetHealth",
    "Upload",
    "UploadState",
]
