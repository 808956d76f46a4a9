"""What an operation would do: each golden record it touches, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from canonical.documents import records
from canonical.documents.records import View
from canonical.documents.shape import HEAD, Record
from canonical.entities import model_of, schema_of
from canonical.golden.recompute import Computed
from canonical.identity.merging import Outcome
from mdm.console.layout.values import Shown, compact, label, shown
from sync.outbound.content.forecast import Told, forecast

NAMED = 4
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


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is ahead: every golden record that changes, and what each target will be told."""

    effects: tuple[Effect, ...]
    told: tuple[Told, ...]

    @property
    def summary(self) -> tuple[TargetNews, ...]:
        """Per target, how many records of which event."""
        return tuple(TargetNews.of(each) for each in self.told)


@dataclass(frozen=True, slots=True)
class TargetNews:
    """One target, and its news counted: `("updated", 3, "CL-000001, ...")`."""

    name: str
    system: str
    paused: bool
    events: tuple[tuple[str, int, str], ...]

    @classmethod
    def of(cls, told: Told) -> TargetNews:
        by_event: dict[str, list[str]] = {}
        for _, code, event in told.events:
            by_event.setdefault(event, []).append(code)
        counted = tuple(
            (event, len(codes), ", ".join(codes[:NAMED]) + (" …" if len(codes) > NAMED else ""))
            for event, codes in sorted(by_event.items())
        )
        return cls(told.name, told.system, told.paused, counted)


def ahead(outcome: Outcome, sees_restricted: bool) -> Ahead:
    """What an outcome changes and whom it is told: for a look before the deed, or after a preview.

    The subject stands first, then the records its moves concern, then the rest.
    """
    changed = {golden: c for golden, c in outcome.touched.items() if c.changed}
    before = {r.id: r for r in records.current(list(changed))}
    told = forecast(changed.values(), {golden: r.content for golden, r in before.items()})
    return Ahead(tuple(_effects(outcome, changed, before, sees_restricted)), tuple(told))


def _effects(
    outcome: Outcome,
    changed: Mapping[UUID, Computed],
    before: Mapping[UUID, Record],
    sees_restricted: bool,
) -> list[Effect]:
    view = View(sees_restricted)
    after = records.show([_record(c) for c in changed.values()], view)
    earlier = dict(zip(before, records.show(list(before.values()), view), strict=True))
    told = [_effect(document, earlier.get(document["id"])) for document in after]
    moving = {outcome.subject, *outcome.moved.values()}
    return sorted(told, key=lambda e: (e.id != outcome.subject, e.id not in moving, e.code))


def results(computed: Computed, sees_restricted: bool) -> list[tuple[str, Shown]]:
    """Each attribute of a record as computed, laid out."""
    document = records.show([_record(computed)], View(sees_restricted))[0]
    return [(a.name, compact(document.get(a.name))) for a in schema_of(computed.golden.entity)]


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
