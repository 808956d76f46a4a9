"""F56: a merge or its undo that is broken off on its way to a target ends whole."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db.models import Q
from django.utils import timezone

from canonical.models import Golden, Merge, WorkItem
from sync.models import Lane, Plan, Step, Subscription
from sync.outbound import sweep
from sync.outbound.delivery import plans
from sync.outbound.delivery.deliver import drain
from sync.outbound.publishing import fanout
from sync.torture.receiver import OK, Reaction, Receiver
from tests.factories import journal, processes, targets

POINTS = ["fanned_out", "claim_committed", "before_send", "after_send", "before_settle", "settled"]
WORK = "from sync.torture.roles import work_once; work_once()"


@dataclass
class Firm:
    """Two clients of which one absorbs the other, and what referred to it."""

    survivor: Golden
    absorbed: Golden
    engagements: list[Golden]
    merge: Merge | None = None

    @classmethod
    def known_to(cls, receiver: Receiver) -> tuple[Firm, Subscription]:
        target = targets.subscription(receiver, entities=["client", "engagement"])
        survivor, absorbed = journal.clients(2)
        engagements = [
            journal.golden("engagement", name=f"Audit {n}", client=str(absorbed.pk)) for n in (1, 2)
        ]
        for engagement in engagements:
            journal.refer(engagement, absorbed)
        targets.deliver(target)
        assert targets.at_rest(target)
        receiver.received.clear()
        return cls(survivor, absorbed, engagements), target

    def merged(self) -> None:
        """As the merge leaves the journal: all of it in one transaction."""
        self.merge = Merge.objects.create(
            survivor=self.survivor, absorbed=self.absorbed, by="Ada", at=timezone.now()
        )
        into = str(self.survivor.pk)
        journal.change(self.absorbed, "merged", state="merged", merged_into=into)
        journal.change(self.survivor, "absorbed", legal_name="Both")
        self._repoint(self.survivor)

    def undone(self) -> None:
        assert self.merge is not None
        self.merge.undone_at = timezone.now()
        self.merge.save()
        journal.change(self.absorbed, "unmerged", state="active", merged_into=None)
        journal.change(self.survivor, "unmerged", legal_name="One")
        self._repoint(self.absorbed)

    def _repoint(self, client: Golden) -> None:
        for engagement in self.engagements:
            engagement.references_out.update(target=client)
            journal.change(engagement, client=str(client.pk))

    def order(self, receiver: Receiver) -> list[str]:
        """Who came, in order; the engagements by their kind, and repeats once."""
        names = {str(self.survivor.pk): "survivor", str(self.absorbed.pk): "absorbed"}
        told = [names.get(r.event["subject"], "engagement") for r in receiver.received]
        return list(dict.fromkeys(told))


def finish(target: Subscription) -> None:
    for _ in range(6):
        sweep.run()
        targets.make_due(target)
        targets.deliver(target)
        if targets.at_rest(target):
            return
    raise AssertionError(list(Lane.objects.values("parked", "waiting_on", "last_error")))


@pytest.mark.django_db
def test_the_steps_of_a_merge_go_in_order_to_acknowledgement(receiver: Receiver) -> None:
    firm, target = Firm.known_to(receiver)
    firm.merged()
    fanout.fan_out()
    plan = Plan.objects.get()
    actions = list(plan.steps.order_by("position", "id").values_list("action", flat=True))
    assert actions == ["update", "repoint", "repoint", "notify"]
    finish(target)
    assert firm.order(receiver) == ["survivor", "engagement", "absorbed"]
    assert receiver.received[-1].event["type"] == "org.assay.client.merged.v1"
    plan.refresh_from_db()
    assert (plan.state, plan.closed_at is not None) == ("completed", True)


@pytest.mark.django_db
def test_the_steps_of_an_undo_go_in_order(receiver: Receiver) -> None:
    firm, target = Firm.known_to(receiver)
    firm.merged()
    finish(target)
    receiver.received.clear()
    firm.undone()
    finish(target)
    assert firm.order(receiver) == ["absorbed", "engagement", "survivor"]
    states = dict(Plan.objects.values_list("kind", "state"))
    assert states == {"merge": "completed", "unmerge": "completed"}


@pytest.mark.django_db
def test_a_refused_step_holds_the_later_ones_and_nothing_spins(receiver: Receiver) -> None:
    firm, target = Firm.known_to(receiver)
    refused = str(firm.survivor.pk)
    receiver.behave = lambda r: (
        Reaction(422, applies=False) if r.event["subject"] == refused else OK
    )
    firm.merged()
    fanout.fan_out()
    assert drain(target.pk, budget=2) <= 8  # settled: each lane once, and what parks it
    sweep.run()
    lanes = dict(Lane.objects.values_list("golden_id", "parked"))
    assert lanes.pop(firm.survivor.pk) == "dead"
    assert set(lanes.values()) == {"dependency"}
    receiver.behave = lambda _: OK
    journal.change(firm.survivor, legal_name="Accepted")
    finish(target)
    assert Plan.objects.get().state == "completed"


@pytest.mark.django_db
def test_a_merge_taken_back_under_way_is_compensated(receiver: Receiver) -> None:
    firm, target = Firm.known_to(receiver)
    receiver.behave = lambda r: (
        Reaction(500, applies=False) if ".engagement." in r.event["type"] else OK
    )
    firm.merged()
    targets.deliver(target)
    assert {s.golden_id for s in plans.believers(Q())} == {
        firm.absorbed.pk,
        *(engagement.pk for engagement in firm.engagements),
    }
    receiver.behave = lambda _: OK
    firm.undone()
    finish(target)
    states = dict(Plan.objects.values_list("kind", "state"))
    assert states == {"merge": "compensated", "unmerge": "completed"}
    held = {subject: version for (_, subject), version in receiver.truth.versions.items()}
    for golden in (firm.absorbed, firm.survivor):
        golden.refresh_from_db()
        lane = Lane.objects.get(golden=golden)
        assert lane.confirmed == golden.version
        assert held[str(golden.pk)] in {golden.version, 1}  # what it holds already is not repeated


@pytest.mark.django_db
def test_a_refused_step_is_a_persons_with_all_that_remains(receiver: Receiver) -> None:
    firm, target = Firm.known_to(receiver)
    receiver.behave = lambda r: (
        Reaction(422, applies=False) if ".engagement." in r.event["type"] else OK
    )
    firm.merged()
    targets.deliver(target)
    sweep.run()
    item = WorkItem.objects.get(kind="compensation", state="open")
    assert [step["action"] for step in item.facts["steps"]] == ["repoint", "repoint", "notify"]
    receiver.behave = lambda _: OK
    for engagement in firm.engagements:
        journal.change(engagement, name="Mended")
    finish(target)
    sweep.run()
    assert not WorkItem.objects.filter(kind="compensation", state="open").exists()
    assert not Step.objects.filter(acknowledged_at=None).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("point", "undone"),
    [*((point, False) for point in POINTS), ("after_send", True), ("settled", True)],
)
def test_f56_a_worker_that_dies_at_any_step_leaves_a_plan_that_ends(
    receiver: Receiver, point: str, undone: bool
) -> None:
    firm, target = Firm.known_to(receiver)
    firm.merged()
    assert processes.run(WORK, ASSAY_CRASH_AT=point) == processes.KILLED
    if undone:
        firm.undone()
    finish(target)
    states = dict(Plan.objects.values_list("kind", "state"))
    ends = {"merge": "compensated", "unmerge": "completed"} if undone else {"merge": "completed"}
    assert states in (ends, {"unmerge": "completed"}, {})
    assert not Step.objects.filter(acknowledged_at=None, plan__state="open").exists()
    assert max(receiver.truth.effects.values()) == 1
    assert receiver.truth.older_after_newer == 0
