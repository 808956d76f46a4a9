"""What an operation on identity did or, in a preview, would do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final
from uuid import UUID

from rest_framework.response import Response

from canonical.access import Principal
from canonical.api.contract.preconditions import etag
from canonical.documents import records
from canonical.documents.records import View
from canonical.entities import schema_of
from canonical.golden.cause import Cause, cause_of
from canonical.identity.merging import Outcome
from canonical.identity.units import unit
from canonical.models import Golden, Merge, SourceRecord
from matching.intake.belonging import likelihoods


def done(caller: Principal, body: Mapping[str, Any], deed: Callable[[Cause], Outcome]) -> Response:
    """Do it and answer what it did; in a preview the same, and then take it back."""

    def work() -> dict[str, Any]:
        return shown(deed(cause_of(caller, body["reason"])), caller, preview=body["preview"])

    answer = unit(work, preview=body["preview"])
    version = etag(answer["golden"]["version"])
    return Response(answer, headers={} if body["preview"] else {"ETag": version})


def shown(outcome: Outcome, caller: Principal, *, preview: bool) -> dict[str, Any]:
    """The subject, every record that changed, what moved and what stayed.

    `records` holds the documents of those whose identity it was about; of records that merely
    refer to them `changed` tells the name, because there may be hundreds. A preview says of what
    stays to which of them it most likely belongs.
    """
    changed = {golden: each for golden, each in outcome.touched.items() if each.changed}
    about = [outcome.subject, *(g for g in _about(outcome) & set(changed) - {outcome.subject})]
    documents = records.show(records.current(about), View(caller.sees_restricted))
    names = SourceRecord.objects.in_bulk([*outcome.moved, *outcome.stayed])
    entity = documents[0]["entity"]
    fits = likelihoods(entity, outcome.stayed, _about(outcome)) if preview else {}
    return {
        "preview": preview,
        "golden": documents[0],
        "records": documents,
        "changed": [
            {**named(each.golden), "state": each.golden.state, "kind": str(each.kind)}
            for each in changed.values()
        ],
        "merges": [] if preview else [merge_shown(row) for row in outcome.merges],
        "moved": [
            {**record_named(names[record]), "golden_id": golden}
            for record, golden in outcome.moved.items()
        ],
        "stayed": [
            {**record_named(names[record]), "belongs": _belonging(fits.get(record, {}))}
            for record in outcome.stayed
        ],
    }


def _belonging(chances: Mapping[UUID, float]) -> list[dict[str, Any]]:
    return [
        {"golden_id": golden, "probability": round(chance, 6)} for golden, chance in chances.items()
    ]


def _about(outcome: Outcome) -> set[UUID]:
    ends = {golden for row in outcome.merges for golden in (row.survivor_id, row.absorbed_id)}
    kinds = {golden for golden, each in outcome.touched.items() if each.kind in _IDENTITY}
    return ends | kinds | set(outcome.moved.values())


_IDENTITY: Final[Collection[str]] = ("absorbed", "merged", "unmerged", "split")


def named(golden: Golden) -> dict[str, Any]:
    """How a golden record is named in an answer."""
    return {
        "id": golden.id,
        "code": golden.code,
        "entity": golden.entity,
        "version": golden.version,
        "url": f"/api/v1/{schema_of(golden.entity).path}/{golden.id}",
    }


def record_named(record: SourceRecord) -> dict[str, Any]:
    """How a source record is named in an answer."""
    return {"record": record.id, "system": record.system_id, "source_id": record.source_id}


def merge_shown(row: Merge) -> dict[str, Any]:
    """A merge, open or undone."""
    return {
        "id": row.id,
        "url": f"/api/v1/merges/{row.id}",
        "survivor": named(row.survivor),
        "absorbed": named(row.absorbed),
        "reason": row.reason,
        "by": row.by,
        "at": row.at,
        "undone_at": row.undone_at,
        "undone_by": row.undone_by or None,
        "undo_reason": row.undo_reason or None,
    }
