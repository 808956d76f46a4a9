"""The tables of canonical, one file a subject."""

from canonical.entities import (
    BillingItem,
    BillingSchedule,
    Client,
    Contract,
    ContractLine,
    Engagement,
    RateCard,
    RateLine,
    Resource,
)
from canonical.models.access import Credential, User
from canonical.models.contract import IdempotentAnswer
from canonical.models.decisions import ApprovedValue, Decision, DecisionKind, Merge
from canonical.models.governance import (
    ConfigurationStamp,
    Policy,
    RecomputeDue,
    WorkItem,
    WorkKind,
)
from canonical.models.journal import Change, ChangeKind, FeedState
from canonical.models.records import (
    Link,
    LinkCause,
    RecordState,
    SourceRecord,
    SourceReference,
    SourceVersion,
    UnmappedValue,
)
from canonical.models.registry import (
    CONSOLE,
    CodeCounter,
    Golden,
    GoldenReference,
    GoldenState,
    OrderBy,
    System,
    new_id,
)
from canonical.models.vocabulary import (
    Crosswalk,
    ExchangeRate,
    LegalEntity,
    PaymentTerm,
    Term,
    Vocabulary,
)

__all__ = [
    "CONSOLE",
    "ApprovedValue",
    "BillingItem",
    "BillingSchedule",
    "Change",
    "ChangeKind",
    "Client",
    "CodeCounter",
    "ConfigurationStamp",
    "Contract",
    "ContractLine",
    "Credential",
    "Crosswalk",
    "Decision",
    "DecisionKind",
    "Engagement",
    "ExchangeRate",
    "FeedState",
    "Golden",
    "GoldenReference",
    "GoldenState",
    "IdempotentAnswer",
    "LegalEntity",
    "Link",
    "LinkCause",
    "Merge",
    "OrderBy",
    "PaymentTerm",
    "Policy",
    "RateCard",
    "RateLine",
    "RecomputeDue",
    "RecordState",
    "Resource",
    "SourceRecord",
    "SourceReference",
    "SourceVersion",
    "System",
    "Term",
    "UnmappedValue",
    "User",
    "Vocabulary",
    "WorkItem",
    "WorkKind",
    "new_id",
]
