"""Relations: what it refers to, what refers to it, and the tree it stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from canonical.documents.titles import Title, titles
from canonical.entities import schema_of
from canonical.models import Golden, GoldenReference
from mdm.console.layout.values import label

Context = dict[str, Any]
ROWS_SHOWN = 200
DEPTH = 12


def relations(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """What it refers to and what refers to it."""
    out = list(GoldenReference.objects.filter(golden=golden).order_by("path")[:ROWS_SHOWN])
    into = list(
        GoldenReference.objects.filter(target=golden).order_by("-golden_id", "path")[:ROWS_SHOWN]
    )
    named = titles([r.target_id for r in out] + [r.golden_id for r in into])
    return {
        "out": [(label(r.path), named[r.target_id], r.ordering) for r in out],
        "into": [(label(r.path), named[r.golden_id], r.ordering) for r in into],
        "limit": ROWS_SHOWN,
        "tree": _tree(golden),
    }


def _tree(golden: Golden) -> list[tuple[Title, int]]:
    """The whole family over `parent`, from the top, each with its depth; a statement a level."""
    if "parent" not in schema_of(golden.entity):
        return []
    top, seen = golden.pk, {golden.pk}
    for _ in range(DEPTH):
        above = GoldenReference.objects.filter(golden=top, path="parent").first()
        if above is None or above.target_id in seen:
            break
        top = above.target_id
        seen.add(top)
    below: dict[UUID, list[UUID]] = {}
    level, found = [top], {top}
    for _ in range(DEPTH):
        rows = GoldenReference.objects.filter(target__any=level, path="parent").exclude(
            golden__any=list(found)
        )
        level = []
        for child, parent in rows.order_by("golden_id").values_list("golden_id", "target_id"):
            below.setdefault(parent, []).append(child)
            level.append(child)
        found |= set(level)
        if not level or len(found) > ROWS_SHOWN:
            break
    named = titles(found)
    return list(_walk(top, below, named, 0)) if len(found) > 1 else []


def _walk(
    at: UUID, below: Mapping[UUID, list[UUID]], named: Mapping[UUID, Title], depth: int
) -> Iterator[tuple[Title, int]]:
    yield named[at], depth
    for child in below.get(at, ()):
        yield from _walk(child, below, named, depth + 1)
