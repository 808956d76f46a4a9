"""The catalogue of the API: each operation with who owns it and how much hangs on it.

Views declare it, the OpenAPI document carries it, and the catalogue is read from the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

CRITICALITIES: Final = {
    "critical": "Without it no system can put records in: work stops within minutes.",
    "high": "Without it systems act on what they knew before: noticed within the hour.",
    "normal": "People wait, and catch up when it is back.",
}
#: Who owns the operations of a scope, and how much hangs on them, where a view says no more.
OF_SCOPE: Final = {
    "ingest": ("Integration", "critical"),
    "match": ("Data stewardship", "high"),
    "read": ("Data stewardship", "high"),
    "steward": ("Data stewardship", "normal"),
    "sync": ("Integration", "high"),
    "admin": ("Administration", "normal"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue."""

    operation: str
    method: str
    path: str
    summary: str
    tag: str
    owner: str
    criticality: str
    scope: str | None
    since: str
    deprecated: bool


def entry(view: Any, method: str) -> dict[str, str]:
    """What the document says of one operation for the catalogue."""
    owner, criticality = OF_SCOPE[getattr(view, "scopes", {}).get(method, "read")]
    return marks(
        getattr(view, "owner", "") or owner,
        getattr(view, "criticality", "") or criticality,
        getattr(view, "since", "0.1.0"),
    )


def marks(owner: str, criticality: str, since: str) -> dict[str, str]:
    """The three members of an operation, as extensions of OpenAPI."""
    return {"x-owner": owner, "x-criticality": criticality, "x-since": since}


def entries(document: Mapping[str, Any]) -> Iterator[Entry]:
    """Every operation of a document, in its order."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield Entry(
                operation=operation["operationId"],
                method=method.upper(),
                path=path,
                summary=operation["summary"],
                tag=operation["tags"][0],
                owner=operation["x-owner"],
                criticality=operation["x-criticality"],
                scope=_scope(operation),
                since=operation["x-since"],
                deprecated=operation.get("deprecated", False),
            )


def _scope(operation: Mapping[str, Any]) -> str | None:
    scopes = (scope for each in operation["security"] for s in each.values() for scope in s)
    return next(scopes, None)
