"""References in what Workday answers: a WID and typed ids each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Record = Mapping[str, Any]


def at(record: Any, *names: str) -> Any:
    """What stands below names; None where there is nothing."""
    for name in names:
        record = record.get(name) if isinstance(record, Mapping) else None
    return record


def ids(reference: Any) -> dict[str, str]:
    """The ids of a reference by their type: a WID, and typed ones."""
    rows = reference.get("ID") or () if isinstance(reference, Mapping) else ()
    return {row["@type"]: row["#"] for row in rows if isinstance(row, Mapping) and "#" in row}


def wid(reference: Any) -> str | None:
    """Workday's own id of what is referred to."""
    return ids(reference).get("WID")


def code(reference: Any) -> str | None:
    """The id that people know, whatever its type is called; of several references the first."""
    if isinstance(reference, list):
        reference = next(iter(reference), None)
    return next((value for kind, value in ids(reference).items() if kind != "WID"), None)


def currency(reference: Any) -> str | None:
    """An ISO 4217 code; currencies have a numeric id too."""
    return ids(reference).get("Currency_ID")


def is_true(value: Any) -> bool:
    """Whether a flag is set."""
    return str(value).lower() in ("1", "true")
