"""The canonical document of one version: its content, its bytes and its hashes. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

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


_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def canonical_json(value: Any) -> bytes:
    """One spelling for one value: sorted members, no spaces, UTF-8."""
    return _canonical(value).encode()


def content_hash(document: Mapping[str, Any]) -> str:
    """Equal for equal documents; what tells a recompute that nothing changed."""
    return sha256(canonical_json(document)).hexdigest()


def content_digest(salt: str, after: Any, winners: Any) -> str:
    """sha256(salt + canonical JSON of the document and its winners).

    The salt keeps a short erased value from being guessed from the digest that stays behind.
    """
    return sha256(salt.encode() + canonical_json([after, winners])).hexdigest()


def chain_hash(prev: str, *facts: str) -> str:
    """sha256 over the previous hash and the row's facts, each with its length before it."""
    framed = "".join(f"{len(fact)}:{fact}" for fact in (prev, *facts))
    return sha256(framed.encode()).hexdigest()
