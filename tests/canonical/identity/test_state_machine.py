"""Laws 1, 2, 3 and 4 under anything people and systems may do, in any order.

Hypothesis plays the systems and the stewards against the real intake and the real stewardship;
the model beside it is plain dictionaries: what each record said, where it is at home, which
merges are open, what is pinned. A record stands where its home ends through the open merges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from canonical.golden import due
from canonical.governance import stewardship
from canonical.identity.intake import digest_of
from canonical.models import CONSOLE, Change, Golden, Link, Merge, SourceRecord
from matching.models import Review
from matching.questions import review
from matching.questions import stewardship as steward
from tests.factories import hub
from tests.factories.hub import STEWARD

pytestmark = pytest.mark.django_db

Name = tuple[str, str, str]  # system, entity, source id
SYSTEMS, SLOTS = ("crm", "erp", "psa"), ("1", "2", "3")
ENTITIES = ("client", "client", "contract", "engagement")
NAMES = ("Acme Mining", "Borealis Shipping", "Cobalt Foods", "Dunlin Textiles", "Ember Glass")
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "email": st.sampled_from(["desk@one.example", "desk@two.example", "desk@three.example"]),
    "client_status": st.sampled_from(["active", "former", "no such status"]),
    "payment_terms": st.builds(lambda n: {"net_days": n}, st.integers(10, 12)),
    "tags": st.lists(st.sampled_from(["gold", "audit", "north"]), max_size=2),
    "addresses": st.lists(
        st.builds(
            lambda role, town: {"role": role, "locality": town, "country": "DE"},
            st.sampled_from(["billing", "shipping"]),
            st.sampled_from(["Bonn", "Kiel"]),
        ),
        max_size=2,
    ),
}
PINS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "client": {
        "legal_name": st.sampled_from(NAMES),
        "email": st.sampled_from(["pinned@one.example", None]),
        "tags": st.sampled_from([["pinned"], None]),
    },
    "contract": {"title": st.sampled_from(["Pinned", None])},
    "engagement": {"name": st.sampled_from(["Pinned", None])},
}


@dataclass
class Record:
    """What a system said under one id, in the order that counts: (order, deleted, digest)."""

    said: dict[tuple[int, bool, str], dict[str, Any]] = field(default_factory=dict)
    home: UUID | None = None

    def say(self, order: int, deleted: bool, data: Any) -> None:
        self.said[order, deleted, digest_of([data, None])] = data or {}

    @property
    def values(self) -> dict[str, Any]:
        newest = max((key for key in self.said if not key[1]), default=None)
        said = self.said[newest] if newest else {}
        return {name: value for name, value in said.items() if value != []}

    @property
    def deleted(self) -> bool:
        return bool(self.said) and max(self.said)[1]


@dataclass
class Pin:
    """A steward's word: at home in a golden record, or in the merge it was picked in."""

    home: UUID
    path: str
    value: Any
    merge: UUID | None = None


class Hub(RuleBasedStateMachine):
    """Systems send, stewards act, and after every step the hub is what the model says."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[Name, Record] = {}
        self.merges: dict[UUID, tuple[UUID, UUID]] = {}  # merge: (absorbed, survivor)
        self.pins: list[Pin] = []
        self.receipts = 0
        self.block = transaction.atomic()
        self.block.__enter__()
        hub.open_hub()

    def teardown(self) -> None:
        try:
            connection.check_constraints()
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    # What the model knows

    def end(self, golden: UUID) -> UUID:
        steps = dict(self.merges.values())
        while golden in steps:
            golden = steps[golden]
        return golden

    def live(self, entity: str) -> list[UUID]:
        found = Golden.objects.filter(entity=entity).exclude(state="merged")
        return sorted(found.values_list("id", flat=True))

    def pinned(self, golden: UUID) -> dict[str, Any]:
        return {p.path: p.value for p in self.pins if self.end(p.home) == golden}

    # What systems do

    def _reference(self, data: st.DataObject, entity: str) -> dict[str, str]:
        slot = {"source_id": data.draw(st.sampled_from(SLOTS))}
        shapes = [slot, {"system": data.draw(st.sampled_from(SYSTEMS)), **slot}]
        goldens = sorted(Golden.objects.filter(entity=entity).values_list("id", flat=True))
        if goldens:
            shapes.append({"golden_id": str(data.draw(st.sampled_from(goldens)))})
        return data.draw(st.sampled_from(shapes))

    def _values(self, data: st.DataObject, entity: str, system: str, slot: str) -> dict[str, Any]:
        if entity == "client":
            names = [name for name in OPTIONAL if data.draw(st.booleans())]
            values = {name: data.draw(OPTIONAL[name]) for name in names}
            if data.draw(st.booleans()):
                values["parent"] = self._reference(data, "client")
            return {"legal_name": data.draw(st.sampled_from(NAMES)), **values}
        parent = self._reference(data, "client")
        if entity == "contract":
            number = f"{system} {slot}"
            return {"contract_number": number, "title": f"Work {number}", "client": parent}
        contracts = [self._reference(data, "contract") for _ in range(data.draw(st.integers(0, 2)))]
        return {"name": f"Job {system} {slot}", "client": parent, "contracts": contracts}

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        for entity in ENTITIES:
            system, slot = data.draw(st.sampled_from(SYSTEMS)), data.draw(st.sampled_from(SLOTS))
            values = self._values(data, entity, system, slot)
            self._send(system, entity, slot, 3, values, deleted=False)

    @rule(
        data=st.data(),
        entity=st.sampled_from(ENTITIES),
        system=st.sampled_from(SYSTEMS),
        slot=st.sampled_from(SLOTS),
        order=st.integers(1, 6),
    )
    def arrive(self, data: st.DataObject, entity: str, system: str, slot: str, order: int) -> None:
        values = self._values(data, entity, system, slot)
        self._send(system, entity, slot, order, values, deleted=False)

    @rule(name=st.data(), order=st.integers(1, 6))
    @precondition(lambda self: self.records)
    def delete(self, name: st.DataObject, order: int) -> None:
        system, entity, slot = name.draw(st.sampled_from(sorted(self.records)))
        self._send(system, entity, slot, order, None, deleted=True)

    @rule(system=st.sampled_from(SYSTEMS), slot=st.sampled_from(SLOTS))
    def delete_before_it_arrives(self, system: str, slot: str) -> None:
        self._send(system, "client", slot, 3, None, deleted=True)

    @rule(system=st.sampled_from(SYSTEMS), slot=st.sampled_from(SLOTS), order=st.integers(1, 6))
    def arrive_without_identity(self, system: str, slot: str, order: int) -> None:
        answer = hub.put(system, "client", slot, {"client_status": "active"}, order)
        assert answer.outcome == "quarantined"
        self.records.setdefault((system, "client", slot), Record())

    def _send(
        self, system: str, entity: str, slot: str, order: int, values: Any, deleted: bool
    ) -> None:
        record = self.records.setdefault((system, entity, slot), Record())
        self.receipts += 1
        answer = hub.put(system, entity, slot, values, order, retired=deleted)
        record.say(self.receipts if system == "psa" else order, deleted, values)
        assert answer.outcome not in ("refused", "quarantined"), answer
        if record.home is None and answer.golden is not None:
            record.home = self.end(answer.golden.id)
        if answer.golden is not None:
            home = record.home or answer.golden.id
            assert answer.golden.id == self.end(home), "automation moved a link"

    # What stewards do

    def _some(self, data: st.DataObject, least: int = 1) -> list[UUID]:
        """At least so many golden records of one entity in a drawn order, or none."""
        entities = [e for e in ENTITIES[1:] if len(self.live(e)) >= least]
        if not entities:
            return []
        return data.draw(st.permutations(self.live(data.draw(st.sampled_from(entities)))))

    def _merge(self, survivor: UUID, absorbed: list[UUID], picks: dict[str, Any]) -> list[UUID]:
        outcome = steward.merge(survivor, absorbed, STEWARD, picks=picks)
        made = {row.id: (row.absorbed_id, row.survivor_id) for row in outcome.merges}
        self.merges.update(made)
        first = outcome.merges[0].id
        self.pins += [Pin(survivor, path, value, first) for path, value in picks.items()]
        return list(made)

    def _undo(self, merge: UUID) -> None:
        steward.undo(merge, STEWARD)
        del self.merges[merge]
        self.pins = [pin for pin in self.pins if pin.merge != merge]

    @rule(data=st.data(), pick=st.booleans())
    def merge(self, data: st.DataObject, pick: bool) -> None:
        if chosen := self._some(data, least=2):
            path, value = self._pin_for(data, chosen[0])
            self._merge(chosen[0], chosen[1:3], {path: value} if pick else {})

    @rule(data=st.data())
    @precondition(lambda self: self.merges)
    def undo(self, data: st.DataObject) -> None:
        self._undo(data.draw(st.sampled_from(sorted(self.merges))))

    @rule(data=st.data(), pick=st.booleans())
    def merge_and_undo_in_any_order(self, data: st.DataObject, pick: bool) -> None:
        before = hub.contents()
        made: list[UUID] = []
        for _ in range(data.draw(st.integers(1, 3))):
            goldens = self.live("client")
            if len(goldens) > 1:
                first, second = data.draw(st.permutations(goldens))[:2]
                made += self._merge(first, [second], {"email": "picked@x.example"} if pick else {})
        for merge in data.draw(st.permutations(made)):
            self._undo(merge)
        assert hub.contents() == before

    @rule(data=st.data())
    def split(self, data: st.DataObject) -> None:
        groups: dict[UUID, list[Name]] = {}
        for name in sorted(self.records):
            if home := self.records[name].home:
                groups.setdefault(self.end(home), []).append(name)
        several = sorted(golden for golden, names in groups.items() if len(names) > 1)
        if not several:
            return
        golden = data.draw(st.sampled_from(several))
        names = groups[golden]
        leaving = data.draw(
            st.lists(st.sampled_from(names), min_size=1, max_size=len(names) - 1, unique=True)
        )
        keys = {hub.held(s, i, e).id: (s, e, i) for s, e, i in leaving}
        outcome = steward.split(golden, list(keys), STEWARD)
        assert set(outcome.moved) == set(keys)
        for record, target in outcome.moved.items():
            assert target != golden
            self.records[keys[record]].home = target

    @rule(data=st.data())
    def pin(self, data: st.DataObject) -> None:
        for golden in self._some(data)[:1]:
            path, value = self._pin_for(data, golden)
            stewardship.set_override(golden, path, value, STEWARD)
            own = [p for p in self.pins if p.home == golden and p.path == path and not p.merge]
            self.pins = [p for p in self.pins if p not in own]
            self.pins.append(Pin(golden, path, value))

    @rule(data=st.data())
    @precondition(lambda self: self.pins)
    def unpin(self, data: st.DataObject) -> None:
        held = {self.end(pin.home) for pin in self.pins}
        golden = data.draw(st.sampled_from(sorted(held)))
        path = data.draw(st.sampled_from(sorted(self.pinned(golden))))
        stewardship.clear_override(golden, path, STEWARD)
        self.pins = [p for p in self.pins if (self.end(p.home), p.path) != (golden, path)]

    def _pin_for(self, data: st.DataObject, golden: UUID) -> tuple[str, Any]:
        pins = PINS[Golden.objects.get(pk=golden).entity]
        path = data.draw(st.sampled_from(sorted(pins)))
        return path, data.draw(pins[path])

    @rule(data=st.data(), answer=st.sampled_from(["match", "no_match"]))
    def decide(self, data: st.DataObject, answer: str) -> None:
        asked = list(Review.objects.filter(state="open").order_by("id"))
        if not asked:
            return
        decided = review.decide(data.draw(st.sampled_from(asked)).id, answer, STEWARD)
        if decided.effect is None:
            return
        for row in decided.effect.merges:
            self.merges[row.id] = (row.absorbed_id, row.survivor_id)
        if not decided.effect.merges:
            for record in SourceRecord.objects.filter(id__in=decided.effect.moved):
                name = (record.system_id, record.entity, record.source_id)
                self.records[name].home = decided.effect.moved[record.id]

    # What is always true

    @invariant()
    def is_what_the_model_says(self) -> None:
        self.links_are_where_the_model_has_them()
        self.merges_are_the_forest_the_model_has()
        self.records_say_the_newest_they_said()
        self.what_is_pinned_holds()
        self.nothing_changes_after_a_merge()
        due.work_off()
        hub.assert_sound()

    def links_are_where_the_model_has_them(self) -> None:
        links = Link.objects.filter(until__isnull=True).exclude(record__system=CONSOLE)
        columns = ("record__system_id", "record__entity", "record__source_id", "golden_id")
        found = {(s, e, i): golden for s, e, i, golden in links.values_list(*columns)}
        assert found == {n: self.end(r.home) for n, r in self.records.items() if r.home}

    def merges_are_the_forest_the_model_has(self) -> None:
        found = Merge.objects.filter(undone_at__isnull=True)
        rows = found.values_list("id", "absorbed_id", "survivor_id")
        assert {key: (a, b) for key, a, b in rows} == self.merges
        merged = Golden.objects.filter(state="merged").values_list("id", "merged_into_id")
        assert dict(merged) == dict(self.merges.values())

    def records_say_the_newest_they_said(self) -> None:
        records = SourceRecord.objects.exclude(system=CONSOLE).select_related("current")
        for row in records:
            record = self.records[row.system_id, row.entity, row.source_id]
            assert (row.current.values if row.current else {}) == record.values
            assert (row.state == "retired") == record.deleted

    def what_is_pinned_holds(self) -> None:
        for golden in {self.end(pin.home) for pin in self.pins}:
            pinned = self.pinned(golden)
            told = stewardship.overrides(golden)
            assert {path: note["value"] for path, note in told.items()} == pinned
            document = hub.document(golden)
            assert {path: document.get(path) for path in pinned} == pinned

    def nothing_changes_after_a_merge(self) -> None:
        merged = Golden.objects.filter(state="merged").values_list("id", flat=True)
        for golden in merged:
            newest = Change.objects.filter(golden=golden).order_by("-version").first()
            assert newest is not None
            assert newest.kind == "merged"


# The same stories in every run; shrinking one takes minutes and is left to the long form.
FAST = settings(
    max_examples=8,
    stateful_step_count=18,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LONG = settings(
    FAST, max_examples=300, stateful_step_count=40, derandomize=False, phases=list(Phase)
)


def test_any_order_of_events() -> None:
    run_state_machine_as_test(Hub, settings=FAST)


@pytest.mark.slow
def test_any_order_of_many_events() -> None:
    run_state_machine_as_test(Hub, settings=LONG)
