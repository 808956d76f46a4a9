"""Events as hints: whatever is said, the records are what the system holds."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.db.models import F

from canonical.models import Golden, OrderBy, SourceRecord, System
from sync.inbound import hints, pulls
from sync.models import Connection, Hint, Pull
from tests.factories import hub
from tests.standins.hubspot import HubSpot
from tests.standins.server import BROKEN, Fault, Reply
from tests.sync.connectors.test_hubspot import HubSpotBench

CLOSED = Fault("closed", Reply(403))

pytestmark = pytest.mark.django_db


class TestHints(HubSpotBench):
    """HubSpot beside the hub, read by its events alone."""

    reads: ClassVar[tuple[str, ...]] = ("client",)

    @pytest.fixture
    def there(self, vendor: HubSpot) -> HubSpot:
        System.objects.create(code=self.system, name="Target", order_by=OrderBy.MODIFIED_AT)
        self.connect(vendor)
        return vendor

    @property
    def connection(self) -> Connection:
        return Connection.objects.get()

    def note(self, *ids: str, entity: str = "client") -> int:
        return hints.note(self.connection, [(entity, each) for each in ids])

    def reads_of(self, there: HubSpot) -> list[Any]:
        return [call.json["inputs"] for call in there.calls if call.path.endswith("s/batch/read")]

    def names(self) -> Mapping[str, str | None]:
        """What is held of each company, None for a retired one."""
        records = SourceRecord.objects.filter(system=self.system).select_related("current")
        return {r.source_id: None if r.state == "retired" else r.current.values["legal_name"]
                for r in records if r.current}  # fmt: skip

    def test_any_order_and_any_repetition_give_the_same_records(self, there: HubSpot) -> None:
        for seed in range(4):
            chance = random.Random(seed)
            ids: list[str] = []
            said: list[str] = []
            for number in range(60):
                what = chance.random()
                alive = [i for i in ids if i in there.table("companies")
                         and not there.table("companies")[i]["archived"]]  # fmt: skip
                if what < 0.3 or len(alive) < 3:
                    ids.append(there.insert("companies", name=f"Firm {seed} {number}"))
                    said.append(ids[-1])
                elif what < 0.7:
                    said.append(chance.choice(alive))
                    there.update("companies", said[-1], name=f"Renamed {seed} {number}")
                elif what < 0.85:
                    said.append(chance.choice(alive))
                    there.archive("companies", said[-1])
                else:
                    survivor, absorbed = chance.sample(alive, 2)
                    there.merge("companies", survivor, absorbed)
                    said += [survivor, absorbed]
                if chance.random() < 0.3:  # some come at once, some late, some twice, some forged
                    chance.shuffle(said)
                    self.note(*said[: chance.randrange(len(said) + 1)], "999999")
                if chance.random() < 0.2:
                    hints.work_off()
            chance.shuffle(said)
            self.note(*said, *said[:5])
            hints.work_off()
            held = self.names()
            for each in ids:
                record = there.table("companies").get(each)
                if record is None or record["archived"]:
                    assert held.get(each) is None, (seed, each)
                else:
                    assert held[each] == record["properties"]["name"], (seed, each)
            assert "999999" not in held
            assert not Hint.objects.exists()
        hub.assert_sound()

    def test_a_flood_is_one_reading(self, there: HubSpot) -> None:
        company = there.insert("companies", name="Acme")
        for _ in range(200):
            self.note(company, company)
        assert Hint.objects.count() == 1
        there.calls.clear()
        assert hints.work_off() == 1
        assert self.reads_of(there)[0] == [{"id": company}]
        assert (
            len([c for c in there.calls if c.path == "/crm/v3/objects/companies/batch/read"]) == 1
        )

    def test_what_is_said_while_it_is_read_is_read_again(
        self, there: HubSpot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        company = there.insert("companies", name="Acme")
        self.note(company)
        taking_in = hints._take_in

        def meanwhile(*given: Any) -> None:
            monkeypatch.undo()
            there.update("companies", company, name="Acme Holdings")
            self.note(company)
            taking_in(*given)

        monkeypatch.setattr(hints, "_take_in", meanwhile)
        hints.work_off()
        assert self.names() == {company: "Acme Holdings"}
        assert not Hint.objects.exists()

    def test_a_worker_that_dies_leaves_the_hint(
        self, there: HubSpot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        company = there.insert("companies", name="Acme")
        self.note(company)

        def dies(*_: Any) -> None:
            raise MemoryError

        with monkeypatch.context() as patched:
            patched.setattr(hints, "_settle", dies)
            with pytest.raises(MemoryError):
                hints.work_off()
        assert self.names() == {company: "Acme"}
        assert hints.work_off() == 1
        assert not Hint.objects.exists()
        assert Golden.objects.get().version == 1

    def test_while_the_entity_is_being_read_its_hints_wait(self, there: HubSpot) -> None:
        self.note(there.insert("companies", name="Acme"))
        pull = Pull.objects.get()
        assert pulls.take(pull)
        assert hints.work_off() == 0
        pulls.release(pull)
        assert hints.work_off() == 1

    @pytest.mark.parametrize("fault", [BROKEN, CLOSED], ids=lambda fault: fault.name)
    def test_a_system_in_trouble_is_asked_again_later(self, there: HubSpot, fault: Fault) -> None:
        company = there.insert("companies", name="Acme")
        self.note(company)
        there.next(fault, on="POST .*/companies/batch/read")
        assert hints.work_off() == 0
        self.note(company)
        there.calls.clear()
        assert hints.work_off() == 0, "a minute has not passed"
        assert not there.calls
        Hint.objects.update(due_at=F("due_at") - timedelta(minutes=2))
        assert hints.work_off() == 1
        assert self.names() == {company: "Acme"}

    def test_an_id_that_cannot_be_asked_for_stops_no_other(self, there: HubSpot) -> None:
        company = there.insert("companies", name="Acme")
        self.note("'; DROP", company, "x" * 256, "", "a\x00b")
        assert Hint.objects.count() == 2
        bad = Fault("bad input", Reply(400, {"status": "error", "category": "VALIDATION_ERROR"}))
        there.next(bad, on="POST .*/companies/batch/read")  # both, then each alone
        there.next(bad, on="POST .*/companies/batch/read")
        hints.work_off()
        assert self.names() == {company: "Acme"}
        assert not Hint.objects.exists()

    def test_what_is_not_read_is_not_noted(self, there: HubSpot) -> None:
        assert self.note("1", entity="engagement") == 0
