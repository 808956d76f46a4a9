"""The tables of the two doors, one file a subject."""

from sync.models.agreement import Drift, DriftKind, DriftState, Reconciliation, RunState
from sync.models.compensation import Plan, PlanKind, PlanState, Step, StepAction
from sync.models.connections import Connection, Hint, Pull
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
    Heal,
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
    "Drift",
    "DriftKind",
    "DriftState",
    "FileLoad",
    "Heal",
    "Hint",
    "Lane",
    "Mapping",
    "Mode",
    "Parked",
    "Plan",
    "PlanKind",
    "PlanState",
    "Pull",
    "Received",
    "Reconciliation",
    "Replay",
    "RunState",
    "Status",
    "Step",
    "StepAction",
    "Submission",
    "SubmissionItem",
    "Subscription",
    "TargetHealth",
    "Upload",
    "UploadState",
]
