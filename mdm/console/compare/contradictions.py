"""What should make a steward stop before a merge: records that cannot both be right. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

Document = Mapping[str, Any]
KEYED = {
    "tax_ids": ("tax ids", ("country", "type")),
    "identifiers": ("identifiers", ("scheme", "country")),
}
SINGLE = {
    "lei": "LEIs",
    "duns": "D-U-N-S numbers",
    "worker_id": "worker ids",
    "contract_number": "contract numbers",
    "party_type": "kinds of party",
    "currency": "currencies",
}
OURS = {
    "responsible_entity": "Different legal entities of ours are responsible for them",
    "contracting_entity": "Different legal entities of ours contracted them",
    "delivering_entity": "Different legal entities of ours deliver them",
    "employing_entity": "Different legal entities of ours employ them",
}


def contradictions(documents: Sequence[Document]) -> list[str]:
    """A sentence for each; empty where nothing speaks against one and the same."""
    return [*_keyed(documents), *_single(documents), *_ours(documents)]


def _keyed(documents: Sequence[Document]) -> list[str]:
    """Two lists contradict where both name a value under one key, and no value is shared."""
    found = []
    for name, (words, key) in KEYED.items():
        for left, right in combinations(documents, 2):
            ours, theirs = _by_key(left.get(name), key), _by_key(right.get(name), key)
            for at in sorted(ours.keys() & theirs.keys()):
                if not ours[at] & theirs[at]:
                    label = " ".join(filter(None, at))
                    values = f"{', '.join(sorted(ours[at]))} and {', '.join(sorted(theirs[at]))}"
                    found.append(
                        f"They have different {words}: {label} {values}.".replace("  ", " ")
                    )
    return list(dict.fromkeys(found))


def _by_key(elements: Any, key: Sequence[str]) -> dict[tuple[str, ...], set[str]]:
    found: dict[tuple[str, ...], set[str]] = {}
    for element in elements or ():
        if element.get("value"):
            at = tuple(str(element.get(part) or "") for part in key)
            found.setdefault(at, set()).add(str(element["value"]))
    return found


def _single(documents: Sequence[Document]) -> list[str]:
    return [
        f"They have different {words}: {', '.join(said)}."
        for name, words in SINGLE.items()
        if len(said := _said(documents, name)) > 1
    ]


def _ours(documents: Sequence[Document]) -> list[str]:
    found = [
        f"{sentence}: {', '.join(said)}."
        for name, sentence in OURS.items()
        if len(said := _said(documents, name)) > 1
    ]
    scopes = [document.get("scope") or {} for document in documents]
    if len(said := _said(scopes, "entity")) > 1:
        found.append(f"They hold for different legal entities of ours: {', '.join(said)}.")
    return found


def _said(documents: Sequence[Document], name: str) -> list[str]:
    return sorted({str(document[name]) for document in documents if document.get(name)})
