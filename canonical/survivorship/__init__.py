"""Survivorship: which of the values that source records bring is the golden one, and why.

Pure: `golden(schema, policy, contributions, on)` is the whole truth about a golden record. It
reads no clock and no database, and any order of the same contributions gives the same answer.
"""

from canonical.survivorship.contribution import Contribution
from canonical.survivorship.golden import Survivors, golden, lineage
from canonical.survivorship.policy import Policy, Rule, Strategy

__all__ = ["Contribution", "Policy", "Rule", "Strategy", "Survivors", "golden", "lineage"]
