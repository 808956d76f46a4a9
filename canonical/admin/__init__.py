"""The console's pages of what we know: golden and source records, decisions, reference data."""

from canonical.admin import (
    access,
    audit,
    configuration,
    decisions,
    goldens,
    journal,
    records,
    reference_data,
)

__all__ = [
    "access",
    "audit",
    "configuration",
    "decisions",
    "goldens",
    "journal",
    "records",
    "reference_data",
]
