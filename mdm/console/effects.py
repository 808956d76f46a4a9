"""What an operation would do: each golden record it touches, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from canonical.documents import records
from canonical.documents.records import View
from canonical.documents.shape import HEAD, Record
from canonical.entities import model_of
from canonical.golden.recompute import Computed
from canonical.identity.merging import Outcome
from mdm.console.values import Shown, label, shown

Document = Mapping[str, Any]
_APART = frozenset(HEAD) | {"masked", "sources"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute before and after."""

    label: str
    before: Shown
    after: Shown


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of one golden record."""

    id: UUID
    code: str
    title: str
    entity: str
    is_new: bool
    state: tuple[str, str]
    sources: tuple[tuple[str, str], ...]
    differences: tuple[Difference, ...]


def effects(outcome: Outcome, sees_restricted: bool) -> list[Effect]:
    """The records an outcome changes: its subject first, then those its moves concern, the rest."""
    changed = {golden: c for golden, c in outcome.touched.items() if c.changed}
    before = {r.id: r for r in records.current(list(changed))}
    view = View(sees_restricted)
    after = records.show([_record(c) for c in changed.values()], view)
    earlier = dict(zip(before, records.show(list(before.values()), view), strict=True))
    told = [_effect(document, earlier.get(document["id"])) for document in after]
    moving = {outcome.subject, *outcome.moved.values()}
    return sorted(told, key=lambda e: (e.id != outcome.subject, e.id not in moving, e.code))


def _record(computed: Computed) -> Record:
    golden = computed.golden
    return Record(
        id=golden.id,
        code=golden.code,
        entity=golden.entity,
        version=golden.version,
        state=golden.state,
        merged_into=golden.merged_into_id,
        created_at=golden.created_at,
        updated_at=golden.updated_at,
        in_review=golden.published_version is None,
        content=computed.after,
    )


def _effect(after: Document, before: Document | None) -> Effect:
    was = before or {}
    return Effect(
        id=after["id"],
        code=after["code"],
        title=title_of(after) or title_of(was),
        entity=after["entity"],
        is_new=before is None,
        state=(str(was.get("state", "")), str(after["state"])),
        sources=tuple((s["system"], s["source_id"]) for s in after.get("sources", ())),
        differences=tuple(differences(was, after)),
    )


def differences(before: Document, after: Document) -> Iterable[Difference]:
    """The attributes that differ between two documents of one entity."""
    for name, value in after.items():
        if name not in _APART and (before.get(name) or None) != (value or None):
            yield Difference(label(name), shown(before.get(name)), shown(value))


def title_of(document: Document) -> str:
    """What the record calls itself."""
    names: Sequence[str] = model_of(document["entity"]).TITLE if "entity" in document else ()
    return next((str(document[name]) for name in names if document.get(name)), "")
