"""The door in: one record or a thousand, by one path.

map -> begin -> locks -> judge -> place -> lock golden rows -> store -> link -> recompute -> commit.
Every lock is taken before the first write; everything is written together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import DataError, IntegrityError

from canonical import worklist
from canonical.access import Principal
from canonical.configuration import Configuration
from canonical.golden.cause import Cause, cause_of
from canonical.golden.inputs import Row
from canonical.golden.recompute import Computed, Occasion, recompute
from canonical.identity import linking, units
from canonical.identity.intake import Arrival, Judged
from canonical.identity.storing import linked_row, store
from canonical.identity.targets import identities
from canonical.models import (
    ChangeKind,
    Golden,
    GoldenState,
    Link,
    WorkKind,
)
from canonical.validation import Fault
from matching.intake.filing import file_records
from matching.intake.placement import Placement
from matching.questions import review
from matching.questions.reconsider import reconsider
from sync.inbound import catalogue
from sync.inbound.answers import Answer, Answers, needs, where
from sync.inbound.arrivals import BadItem, Item, arrive
from sync.inbound.group_commit import GroupCommit
from sync.inbound.look import Look
from sync.inbound.pace import Pace
from sync.outbound import crash

CHUNK = 250
pace = Pace(least=50, most=CHUNK)
commits: GroupCommit[Arrival, Answer] = GroupCommit(most=8)
# What an item's own content can cause; a failing database is nobody's content.
POISON = (ArithmeticError, LookupError, TypeError, ValueError, DataError, IntegrityError)


def receive(
    principal: Principal,
    system: str,
    entity: str,
    items: Sequence[Item],
    dry_run: bool = False,
    settled: Callable[[Sequence[int], Sequence[Answer]], None] = lambda _, __: None,
    stamp: int | None = None,
) -> list[Answer]:
    """Take items in, in chunks of one transaction each, and answer each in its place.

    `settled` is called inside each chunk's transaction with the positions and their answers, so
    that a caller can store them with what they describe. One bad item never fails the others:
    a chunk that fails is halved until the poison is alone. `stamp` is the configuration's, where
    the caller has just read it.
    """
    mapping = catalogue.active(system, entity, stamp)
    answers: dict[int, Answer] = {}
    places: list[int] = []
    arrivals: list[Arrival] = []
    for position, item in enumerate(items):
        try:
            arrivals.append(arrive(entity, item, mapping))
            places.append(position)
        except BadItem as error:
            answers[position] = Answer(item.source_id, "refused", faults=error.faults)
    settled(list(answers), list(answers.values()))

    def placed(among: Sequence[int], told: Sequence[Answer]) -> None:
        settled([places[n] for n in among], told)

    told = take_in(principal, system, entity, arrivals, dry_run, placed, stamp)
    answers.update(zip(places, told, strict=True))
    return [answers[position] for position in range(len(items))]


def receive_one(
    principal: Principal, system: str, entity: str, item: Item, stamp: int | None = None
) -> Answer:
    """Take one item in, together with what other threads bring of its kind at the same time."""
    try:
        arrival = arrive(entity, item, catalogue.active(system, entity, stamp))
    except BadItem as error:
        return Answer(item.source_id, "refused", faults=error.faults)

    def work(arrivals: Sequence[Arrival]) -> list[Answer]:
        return take_in(principal, system, entity, arrivals, stamp=stamp, few=True)

    kind = (principal.id, system, entity, stamp)
    return commits.do(kind, replace(arrival, cause=cause_of(principal)), work)


def take_in(
    principal: Principal,
    system: str,
    entity: str,
    arrivals: Sequence[Arrival],
    dry_run: bool = False,
    settled: Callable[[Sequence[int], Sequence[Answer]], None] = lambda _, __: None,
    stamp: int | None = None,
    few: bool = False,
) -> list[Answer]:
    """The same for what is mapped already; `few` take locks of their own, as one alone does."""
    bulk = len(arrivals) > 1 and not few
    chunk = _Chunk(system, entity, cause_of(principal), dry_run, settled, bulk, stamp)
    answers: dict[int, Answer] = {}
    for group in _chunks(list(enumerate(arrivals)), partial(pace.size, entity)):
        answers.update(chunk.run(group))
    return [answers[position] for position in range(len(arrivals))]


def _chunks(
    ready: Sequence[tuple[int, Arrival]], size: Callable[[], int]
) -> Iterator[list[tuple[int, Arrival]]]:
    """Runs of at most so many items in which no source id stands twice."""
    group: list[tuple[int, Arrival]] = []
    seen: set[str] = set()
    for position, arrival in ready:
        if len(group) >= size() or arrival.source_id in seen:
            yield group
            group, seen = [], set()
        group.append((position, arrival))
        seen.add(arrival.source_id)
    if group:
        yield group


@dataclass(frozen=True, slots=True)
class _Chunk:
    system: str
    entity: str
    cause: Cause
    dry_run: bool
    settled: Callable[[Sequence[int], Sequence[Answer]], None]
    bulk: bool
    stamp: int | None

    def run(self, group: Sequence[tuple[int, Arrival]]) -> list[tuple[int, Answer]]:
        """One transaction for the group; halved where it fails for a reason of its content."""
        positions = [position for position, _ in group]
        arrivals = [arrival for _, arrival in group]

        def work() -> list[Answer]:
            answers = _Intake(self, look).run()
            self.settled(positions, answers)
            return answers

        look = Look(self.system, self.entity, arrivals, None if self.bulk else self.stamp)
        try:
            if self.bulk:
                look.ahead()
            answers = units.unit(work, self.dry_run, few=0 if self.bulk else len(group))
            crash.point("committed")
            return list(zip(positions, answers, strict=True))
        except POISON as error:
            if len(group) == 1:
                return self._poisoned(group[0], error)
            half = len(group) // 2
            return self.run(group[:half]) + self.run(group[half:])

    def _poisoned(self, item: tuple[int, Arrival], error: Exception) -> list[tuple[int, Answer]]:
        """A single item that cannot be taken in is kept in quarantine with the reason."""
        position, arrival = item
        if arrival.faults:
            raise error
        fault = Fault("/data", "poison", f"Could not be taken in: {type(error).__name__}.")
        return self.run([(position, _quarantined(arrival, fault))])


def _quarantined(arrival: Arrival, fault: Fault) -> Arrival:
    return Arrival(
        source_id=arrival.source_id,
        raw=arrival.raw,
        digest=arrival.digest,
        values={},
        modified_at=arrival.modified_at,
        version=arrival.version,
        faults=(fault,),
        mapping_version=arrival.mapping_version,
        cause=arrival.cause,
    )


class _Intake:
    """One transaction's work, in the order of the walk."""

    def __init__(self, chunk: _Chunk, look: Look) -> None:
        self.system, self.entity = chunk.system, chunk.entity
        self.cause, self.bulk = chunk.cause, chunk.bulk
        self.look = look
        self.whole = units.lock_key("entity", self.entity)
        self.config: Configuration
        self.moment: datetime
        self.judged: list[Judged]

    def run(self) -> list[Answer]:
        """Take the arrivals in and answer each."""
        crash.point("received")
        look = self.look
        if look.mark is None:
            look.see()
        look.settle(*self._lock())
        self.config, self.moment, self.judged = look.config, look.moment, look.judged
        locked = self._lock_goldens(look.placements)
        crash.point("locked")
        answers = self._write(look.placements, locked)
        if self.bulk:
            pace.note(self.entity, units.keeps_waiting(self.whole))
        crash.point("before_commit")
        return answers

    def _lock(self) -> tuple[int, datetime]:
        """Keys of one record, or the whole entity for a chunk: one lock instead of thousands."""
        if self.bulk:
            return units.lock_keys([self.whole])
        arrivals = self.look.arrivals
        own = [units.lock_key("record", self.system, self.entity, a.source_id) for a in arrivals]
        for seen in self.look.seen.values():
            own += units.lock_numbers("key", self.entity, seen.keys)
        parents = identities(self.system, self.entity, [a.values for a in arrivals])
        named = [units.lock_key("record", *parent) for parent in parents]
        return units.lock_keys(own, [self.whole, *named])

    def _lock_goldens(self, placements: Sequence[Placement]) -> dict[UUID, Golden]:
        """Everything this will write: own golden records, joined ones, and those that wait."""
        own = {item.golden for item in self.judged if item.golden and item.counts}
        fresh = {p.golden for p in placements if p.created}
        joined = {p.golden for p in placements} - fresh
        arriving = [i.arrival.source_id for i in self.judged if i.golden is None and i.counts]

        def waiting() -> set[UUID]:
            return set(linking.waiting_for(self.system, self.entity, arriving))

        # Who names one of these from now on waits for its lock; who waits already may yet move.
        # A chunk of those who name it takes no such lock: then the sweep finds who still waits.
        if waits := waiting():
            locked = units.lock_goldens(lambda: own | joined | waiting() | waits)
        else:
            locked = units.locked_rows(own | joined)
        self._recheck(locked, joined | own, placements)
        return locked

    def _recheck(
        self,
        locked: Mapping[UUID, Golden],
        targets: set[UUID],
        placements: Sequence[Placement],
    ) -> None:
        """Start again if a golden record was merged, or a record moved, before its lock came.

        Of a chunk, which is placed well before, also the records that speak for its placements.
        """
        if any(g not in locked or locked[g].state == GoldenState.MERGED for g in targets):
            raise units.Grown
        held = {item.record: item.golden for item in self.judged if item.golden}
        if self.bulk:
            arriving = {p.newcomer.record for p in placements}
            spoke = (found for p in placements for found in p.evidence())
            held |= {f.record: f.golden for f in spoke if f.record not in arriving}
        if held:
            links = Link.objects.filter(record__any=list(held), until__isnull=True)
            if dict(links.values_list("record_id", "golden_id")) != held:
                raise units.Grown

    def _write(self, placements: Sequence[Placement], locked: dict[UUID, Golden]) -> list[Answer]:
        fresh = self._new_goldens(placements)
        store(self.system, self.entity, self.judged, self.cause, self.moment)
        crash.point("stored")
        opening = [p for p in placements if p.newcomer.golden is None]
        links = linking.open_links(
            [(p.newcomer.record, p.golden, p.cause) for p in opening], self.moment
        )
        held = {item.record for item in self.judged if item.existing is not None}
        file_records(
            self.entity,
            [p.newcomer for p in placements],
            known=[p.newcomer.record for p in placements if p.newcomer.record in held],
        )
        review.remember(links, opening)
        crash.point("linked")
        computed = self._recompute(placements, locked, fresh)
        crash.point("recomputed")
        reviews = review.ask(self.entity, placements, self.moment)
        waited = set(locked) - {p.golden for p in placements} - {i.golden for i in self.judged}
        if waited:
            reconsider(waited, self.config, self.moment)
        answers = Answers(self.judged, computed, locked | fresh, placements, reviews).all()
        self._open_work(answers)
        return answers

    def _new_goldens(self, placements: Sequence[Placement]) -> dict[UUID, Golden]:
        created = [p.golden for p in placements if p.created]
        fresh = linking.new_goldens(self.entity, len(created), self.moment)
        for golden, wanted in zip(fresh, created, strict=True):
            golden.id = wanted
        return {golden.id: golden for golden in fresh}

    def _recompute(
        self,
        placements: Sequence[Placement],
        locked: Mapping[UUID, Golden],
        fresh: Mapping[UUID, Golden],
    ) -> dict[UUID, Computed]:
        joined = {p.golden for p in placements if not p.created and p.newcomer.golden is None}
        kinds = dict.fromkeys(joined & set(locked), ChangeKind.LINKED)
        held = {
            p.golden
            for p in placements
            if p.created and any(q.kind in _HOLDING for q in p.questions)
        }
        occasion = Occasion(
            self.cause,
            kinds,
            held,
            known=self._known(placements, fresh),
            config=self.config,
            moment=self.moment,
            causes=self._causes(placements),
        )
        return recompute([*locked.values(), *fresh.values()], occasion)

    def _causes(self, placements: Sequence[Placement]) -> dict[UUID, Cause]:
        """Of each golden record that an arrival has a cause of its own for, the first's."""
        placed = {p.newcomer.record: p.golden for p in placements}
        causes: dict[UUID, Cause] = {}
        for item in self.judged:
            golden, cause = placed.get(item.record, item.golden), item.arrival.cause
            if golden and cause and item.counts:
                causes.setdefault(golden, cause)
        return causes

    def _known(
        self, placements: Sequence[Placement], fresh: Mapping[UUID, Golden]
    ) -> dict[UUID, list[Row]]:
        """All records of new golden records, where none of them was held before."""
        judged = {item.record: item for item in self.judged}
        known: dict[UUID, list[Row]] = {golden: [] for golden in fresh}
        for placement in placements:
            item = judged[placement.newcomer.record]
            if item.existing is not None:
                known.pop(placement.golden, None)
            elif placement.golden in known:
                meant = self.look.meant.get(item.arrival.source_id)
                row = linked_row(self.system, self.entity, item, placement.golden, meant)
                known[placement.golden].append(row)
        return known

    def _open_work(self, answers: Sequence[Answer]) -> None:
        healed = [
            where(self.system, self.entity, i.arrival.source_id) for i in self.judged if i.heals
        ]
        if healed:
            worklist.close_items(WorkKind.QUARANTINED, healed)
        found = [need for answer in answers for need in needs(self.system, self.entity, answer)]
        worklist.open_items(found, self.moment)


_HOLDING = frozenset(("possible_match", "ambiguous_match"))


def retire(
    principal: Principal,
    system: str,
    entity: str,
    source_id: str,
    modified_at: datetime | None = None,
    version: int | None = None,
) -> Answer:
    """Retire a source record; a deletion may arrive before the record it deletes."""
    item = Item(source_id, None, modified_at, version, retired=True)
    return receive(principal, system, entity, [item])[0]
