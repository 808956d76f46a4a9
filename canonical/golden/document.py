"""The canonical document of one version: its content, its bytes and its hashes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from canonical.exact_json import Encoded, encoder

META = frozenset({"state", "merged_into", "sources"})


def content(
    values: Mapping[str, Any],
    state: str,
    merged_into: str | None,
    sources: Iterable[tuple[str, str]],
) -> dict[str, Any]:
    """Everything that is part of a version: attributes, state, and the sorted linked records."""
    return {
        **values,
        "state": state,
        "merged_into": merged_into,
        "sources": [
            {"system": system, "source_id": source_id} for system, source_id in sorted(sources)
        ],
    }


def attributes(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without state, survivor and sources."""
    return {name: value for name, value in document.items() if name not in META}


_canonical = encoder(compact=True, sort_keys=True)


def spelled(value: Any) -> Encoded:
    """One spelling for one value, canonical JSON: sorted members and no spaces."""
    return Encoded(_canonical(value))


def digest(text: str) -> str:
    """sha256 of a spelling: equal for equal values."""
    return sha256(text.encode()).hexdigest()


def content_hash(document: Mapping[str, Any]) -> str:
    """Equal for equal documents; what tells a recompute that nothing changed."""
    return digest(spelled(document))


def content_digest(salt: str, after: Encoded, winners: Encoded) -> str:
    """sha256(salt + canonical JSON of the document and its winners).

    The salt keeps a short erased value from being guessed from the digest that stays behind.
    """
    return digest(f"{salt}[{after},{winners}]")


def chain_hash(prev: str, *facts: str) -> str:
    """sha256 over the previous hash and the row's facts, each with its length before it."""
    framed = "".join(f"{len(fact)}:{fact}" for fact in (prev, *facts))
    return digest(framed)
