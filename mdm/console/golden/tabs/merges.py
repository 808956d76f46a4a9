"""Merges: the tree of what was merged into it, and what was undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from canonical.documents.titles import Title, titles
from canonical.identity import merging
from canonical.models import CONSOLE, Change, Golden, Link, Merge, SourceRecord
from mdm.console.layout.values import label

Context = dict[str, Any]
ROWS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Branch:
    """One open merge: what it absorbed, what it brought, and what of that is in the values now."""

    merge: Merge
    absorbed: Title
    depth: int
    records: tuple[SourceRecord, ...]
    gives: tuple[str, ...]


def merges(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """The tree of what was merged into it, each with its contribution; and what was undone."""
    open_merges = merging.tree(golden.pk)
    undone = Merge.objects.filter(survivor=golden, undone_at__isnull=False).order_by("-undone_at")
    past_merges = list(undone.select_related("absorbed")[:ROWS_SHOWN])
    named = titles([m.absorbed_id for m in [*open_merges, *past_merges]])
    brought, winners = _brought(open_merges), _winners(golden)
    depth = {golden.pk: 1}
    for merge in open_merges:
        depth[merge.absorbed_id] = depth.get(merge.survivor_id, 0) + 1
    branches = {
        merge.pk: Branch(
            merge,
            named[merge.absorbed_id],
            depth[merge.survivor_id],
            tuple(brought[merge.pk]),
            _gives(brought[merge.pk], winners),
        )
        for merge in open_merges
    }
    return {
        "tree": list(_in_order(golden.pk, list(branches.values()))),
        "undone": [(merge, named[merge.absorbed_id]) for merge in past_merges],
    }


def _in_order(at: UUID, branches: list[Branch]) -> Iterator[Branch]:
    """Each branch followed by those below it."""
    for branch in branches:
        if branch.merge.survivor_id == at:
            yield branch
            yield from _in_order(branch.merge.absorbed_id, branches)


def _brought(merges: list[Merge]) -> dict[UUID, list[SourceRecord]]:
    """The records each merge moved that are still where it, or a later one, left them."""
    found: dict[UUID, list[SourceRecord]] = {merge.pk: [] for merge in merges}
    links = Link.objects.filter(merge__in=list(found)).select_related("record__system")
    for link in links.order_by("id"):
        if link.merge_id in found and link.record.system_id != CONSOLE:
            found[link.merge_id].append(link.record)
    return found


def _winners(golden: Golden) -> dict[str, str]:
    row = Change.objects.filter(golden=golden, version=golden.version).values_list("winners")
    return dict((row.first() or [{}])[0] or {})


def _gives(records: list[SourceRecord], winners: Mapping[str, str]) -> tuple[str, ...]:
    """The attributes whose value comes from one of these records now."""
    theirs = {str(record.pk) for record in records}
    found = {path.partition("[")[0] for path, record in winners.items() if record in theirs}
    return tuple(sorted(map(label, found)))
