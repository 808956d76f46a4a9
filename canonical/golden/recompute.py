"""Recompute: load, survive, compare, save, journal. The only writer of golden records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from canonical import configuration, writer
from canonical.configuration import Configuration
from canonical.entities import schema_of
from canonical.exact_json import Encoded
from canonical.golden import journal, typed
from canonical.golden.cause import Cause
from canonical.golden.document import content, digest, spelled
from canonical.golden.inputs import Inputs, Row, load
from canonical.models import ChangeKind, Golden, GoldenState, RecomputeDue
from canonical.resolution import Resolved
from canonical.survivorship import Policy, golden

NOTHING = Policy(entity="")


@dataclass(slots=True)
class Computed:
    """What a golden record is now: its content, and whether that is a new version."""

    golden: Golden
    after: dict[str, Any]
    winners: dict[str, str]
    issues: list[dict[str, str]]
    resolutions: dict[UUID, Resolved]
    spelled: Encoded
    content_hash: str
    changed: bool = False
    kind: ChangeKind | None = None


@dataclass(slots=True)
class Occasion:
    """Why a recompute happens.

    `causes` are those of golden records that have one of their own; `kinds` forces a version of
    that kind; new records in `held` wait to be published, and waiting ones in `released` wait no
    longer; `known` gives all that is linked to a golden record that was not there before. A caller
    that has read the configuration and, under its locks, the clock passes them on.
    """

    cause: Cause
    kinds: Mapping[UUID, ChangeKind] = field(default_factory=dict)
    held: Collection[UUID] = ()
    released: Collection[UUID] = ()
    known: Mapping[UUID, Sequence[Row]] = field(default_factory=dict)
    config: Configuration | None = None
    moment: datetime | None = None
    causes: Mapping[UUID, Cause] = field(default_factory=dict)

    def cause_of(self, golden: UUID) -> Cause:
        """Why this golden record changes."""
        return self.causes.get(golden, self.cause)


def recompute(goldens: Collection[Golden], occasion: Occasion) -> dict[UUID, Computed]:
    """Bring golden records to what the function says; they must be locked by the caller.

    A record whose content stays the same gets no version, no history and no journal row.
    """
    config = occasion.config or configuration.current()
    known = [g.id for g in goldens if g.version]
    moment = occasion.moment or writer.now()
    # Before reading: a mark that is set from here on tells of something this may not see.
    writer.delete(RecomputeDue, "golden", known)
    computed = compute(goldens, config, moment, mark=True, known=occasion.known)
    changed = [c for c in computed.values() if c.changed or c.golden.id in occasion.kinds]
    for item in changed:
        item.kind = occasion.kinds.get(item.golden.id) or _kind(item)
        _advance(item, moment, occasion)
    _save(changed, config, occasion)
    return computed


def compute(
    goldens: Collection[Golden],
    config: Configuration,
    moment: datetime,
    mark: bool = False,
    known: Mapping[UUID, Sequence[Row]] | None = None,
) -> dict[UUID, Computed]:
    """What the function says of each golden record today; writes nothing but, on `mark`, marks."""
    inputs = load([g.id for g in goldens], config, mark, known)
    return {g.id: _compute(g, inputs[g.id], config, moment) for g in goldens}


def _compute(record: Golden, inputs: Inputs, config: Configuration, moment: datetime) -> Computed:
    policy = config.policies.get(record.entity, NOTHING)
    day = moment.date().isoformat()
    survivors = golden(schema_of(record.entity), policy, inputs.contributions, day)
    merged_into = str(record.merged_into_id) if record.merged_into_id else None
    state = _state(record, inputs)
    after = content(survivors.values, state, merged_into, inputs.sources)
    told = spelled(after)
    found = digest(told)
    return Computed(
        golden=record,
        after=after,
        winners=survivors.winners,
        issues=survivors.issues,
        resolutions=inputs.resolutions,
        spelled=told,
        content_hash=found,
        changed=found != record.content_hash,
    )


def _state(record: Golden, inputs: Inputs) -> str:
    if record.merged_into_id:
        return GoldenState.MERGED.value
    steward_only = inputs.contributions and all(c.steward for c in inputs.contributions)
    if inputs.live or steward_only:
        return GoldenState.ACTIVE.value
    return GoldenState.RETIRED.value


def _kind(item: Computed) -> ChangeKind:
    """What happened, where the caller did not say: the state tells, else it is an update."""
    record, after = item.golden, item.after
    if record.version == 0:
        return ChangeKind.CREATED
    if after["state"] != record.state:
        return {
            "retired": ChangeKind.RETIRED,
            "merged": ChangeKind.MERGED,
            "active": ChangeKind.REVIVED,
        }[after["state"]]
    return ChangeKind.UPDATED


def _advance(item: Computed, moment: datetime, occasion: Occasion) -> None:
    record = item.golden
    waits = record.id in occasion.held if record.version == 0 else not record.published_version
    record.version += 1
    record.state = item.after["state"]
    record.content_hash = item.content_hash
    record.updated_at = max(moment, record.updated_at)
    if not waits or record.id in occasion.released:
        record.published_version = record.version
    item.changed = True


def _save(changed: Sequence[Computed], config: Configuration, occasion: Occasion) -> None:
    if not changed:
        return
    rows = journal.rows([_entry(item, config, occasion) for item in changed])
    for item, row in zip(changed, rows, strict=True):
        item.golden.head_hash = row["hash"]
    by_entity: dict[str, list[typed.Version]] = defaultdict(list)
    for item in changed:
        by_entity[item.golden.entity].append(_version(item, occasion))
    journal.write(rows)
    _save_goldens([c.golden for c in changed])
    for entity, versions in by_entity.items():
        typed.save(entity, versions)


def _save_goldens(records: Sequence[Golden]) -> None:
    """Insert the new and update the known; foreign keys to the new are checked at the commit."""
    rows = [{name: getattr(record, name) for name in _GOLDEN} for record in records]
    writer.insert(Golden, [row for row in rows if row["version"] == 1])
    known = [row for row in rows if row["version"] > 1]
    writer.update(Golden, [{c: v for c, v in row.items() if c in _CHANGING} for row in known])


_GOLDEN = tuple(field.attname for field in Golden._meta.concrete_fields)
_CHANGING = frozenset(
    (
        "id",
        "version",
        "state",
        "merged_into_id",
        "published_version",
        "content_hash",
        "head_hash",
        "updated_at",
    )
)


def _version(item: Computed, occasion: Occasion) -> typed.Version:
    record = item.golden
    reason = f"{item.kind} {occasion.cause_of(record.id).reason}"
    return typed.Version(record.id, record.version, item.after, record.updated_at, reason)


def _entry(item: Computed, config: Configuration, occasion: Occasion) -> journal.Entry:
    record = item.golden
    assert item.kind is not None
    return journal.Entry(
        golden=record.id,
        entity=record.entity,
        version=record.version,
        kind=item.kind,
        published=record.published_version is not None,
        after=item.spelled,
        winners=spelled(item.winners),
        policy_version=config.policies.get(record.entity, NOTHING).version,
        prev_hash=record.head_hash,
        recorded_at=record.updated_at,
        cause=occasion.cause_of(record.id),
    )
