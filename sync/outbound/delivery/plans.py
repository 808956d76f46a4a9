"""Plans: a merge or its undo reaches each target in steps, in order, until all are acknowledged.

A merge: the survivor first, then what referred to the absorbed record, then that one itself. An
undo: the restored record, what goes back to it, then the record it had been merged into. Steps are
lanes: a plan only says in which order they go and when it is through, so a crash resumes it.
A record waits by its newest open plan alone; with that no two plans wait for each other.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from canonical import worklist, writer
from canonical.models import Change, Golden, GoldenReference, Merge, WorkKind
from canonical.worklist import Need
from sync.models import (
    Lane,
    Parked,
    Plan,
    PlanKind,
    PlanState,
    Step,
    StepAction,
    Subscription,
)
from sync.outbound.answers import outcomes

FIRST, BETWEEN, LAST = 1, 2, 3
STUCK: Final = (Parked.DEAD, Parked.UNVERIFIED, Parked.MANUAL)
MOVED: Final = {"merged": PlanKind.MERGE, "unmerged": PlanKind.UNMERGE}


def begin(subscriptions: Iterable[Subscription], kinds: Mapping[UUID, str]) -> None:
    """Make the plans for what was just merged or restored; call it where the lanes are raised.

    `kinds` are the journal's kinds per golden record. Only targets that may hold the absorbed
    record have something to believe. Repeating it changes nothing.
    """
    moved = {golden: MOVED[kind] for golden, kind in kinds.items() if kind in MOVED}
    if not moved:
        return
    found = Merge.objects.filter(absorbed__in=moved).order_by("at")
    newest = {merge.absorbed_id: merge for merge in found}
    now, served = writer.now(), [s for s in subscriptions if not s.shadow]
    for golden, merge in newest.items():
        kind = PlanKind.UNMERGE if merge.undone_at else PlanKind.MERGE
        if kind is not moved[golden]:
            continue  # merged again or undone meanwhile: that row comes too
        for subscription in served:
            _begin(subscription, merge, kind, now)


def _begin(subscription: Subscription, merge: Merge, kind: PlanKind, now: datetime) -> None:
    lanes = Lane.objects.filter(subscription=subscription)
    holds = lanes.filter(golden=merge.absorbed_id).exclude(confirmed=0, sent_digest="")
    if not holds.exists():
        return
    if kind is PlanKind.UNMERGE:
        Plan.objects.filter(
            subscription=subscription, merge=merge, kind=PlanKind.MERGE, state=PlanState.OPEN
        ).update(state=PlanState.COMPENSATED, closed_at=now)
    plan, made = Plan.objects.get_or_create(
        subscription=subscription, merge=merge, kind=kind, defaults={"opened_at": now}
    )
    if made:
        Step.objects.bulk_create(_steps(plan, merge, lanes))


def _steps(plan: Plan, merge: Merge, lanes: QuerySet[Lane]) -> list[Step]:
    absorbed, survivor = merge.absorbed_id, _end_of(merge.survivor_id)
    first, last = (survivor, absorbed) if plan.kind == PlanKind.MERGE else (absorbed, survivor)
    left = absorbed if plan.kind == PlanKind.MERGE else survivor
    between = _referring(left, {absorbed, survivor}, lanes)
    versions = dict(
        Golden.objects.filter(id__in=[first, last, *between]).values_list("id", "version")
    )
    present = set(lanes.filter(golden__in=versions).values_list("golden_id", flat=True))
    held = set(lanes.filter(golden=first, confirmed__gt=0).values_list("golden_id", flat=True))
    speaks = plan.subscription.connector != "webhook"
    ends = StepAction.DEACTIVATE if speaks else StepAction.NOTIFY
    wanted = [
        (FIRST, _opening(plan, first in held), first),
        *((BETWEEN, StepAction.REPOINT, golden) for golden in sorted(between)),
        (LAST, ends if plan.kind == PlanKind.MERGE else StepAction.UPDATE, last),
    ]
    unsettled = _mentioning(between, left)
    return [
        Step(
            plan=plan,
            position=position,
            action=action,
            golden_id=golden,
            version=None if golden in unsettled else versions[golden],
        )
        for position, action, golden in wanted
        if golden in present
    ]


def _opening(plan: Plan, held: bool) -> StepAction:
    return StepAction.UPDATE if held and plan.kind == PlanKind.MERGE else StepAction.RECREATE


def _end_of(golden: UUID) -> UUID:
    """What a golden record answers with, through however many merges."""
    seen: set[UUID] = set()
    while golden not in seen:
        seen.add(golden)
        into = Golden.objects.filter(pk=golden).values_list("merged_into", flat=True).first()
        golden = into or golden
    return golden


def _referring(left: UUID, both: Collection[UUID], lanes: QuerySet[Lane]) -> set[UUID]:
    """Records that the target confirmed while they referred to what was left."""
    near = GoldenReference.objects.filter(target__in=both).values("golden")
    held = lanes.filter(golden__in=near, confirmed__gt=0).exclude(golden__in=both)
    confirmed = dict(held.values_list("golden_id", "confirmed"))
    rows = Change.objects.filter(golden__in=confirmed, version__in=set(confirmed.values()))
    return {
        golden
        for golden, version, after in rows.values_list("golden_id", "version", "after")
        if confirmed[golden] == version and _names(after, left)
    }


def _mentioning(goldens: Collection[UUID], left: UUID) -> set[UUID]:
    """Those whose newest version still refers to what was left: their recompute is to come."""
    newest = Change.objects.filter(golden__in=goldens, version=F("golden__version")).values_list(
        "golden_id", "after"
    )
    return {golden for golden, after in newest if _names(after, left)}


def _names(document: object, golden: UUID) -> bool:
    return str(golden) in json.dumps(document, default=str)


def blocked(subscription: UUID, goldens: Collection[UUID]) -> dict[UUID, UUID]:
    """Which of these records have to wait, and for which step of their newest open plan."""
    mine: dict[UUID, Step] = {}
    for step in _open(subscription).filter(golden__in=goldens).order_by("plan__opened_at", "id"):
        mine[step.golden_id] = step
    if not mine:
        return {}
    earlier = _open(subscription).filter(plan__in={step.plan_id for step in mine.values()})
    ahead: dict[tuple[UUID, int], UUID] = {}
    for plan, position, golden in earlier.values_list("plan_id", "position", "golden_id"):
        for later in range(position + 1, LAST + 1):
            ahead.setdefault((plan, later), golden)
    return {
        golden: ahead[step.plan_id, step.position]
        for golden, step in mine.items()
        if (step.plan_id, step.position) in ahead
    }


def _open(subscription: UUID | None = None) -> QuerySet[Step]:
    """The steps that no target has acknowledged yet."""
    steps = Step.objects.filter(acknowledged_at__isnull=True, plan__state=PlanState.OPEN)
    return steps if subscription is None else steps.filter(plan__subscription=subscription)


def acknowledge(subscription: UUID, goldens: Collection[UUID]) -> list[UUID]:
    """Note what the target has confirmed of these; returns the records whose step is done.

    Call it after the settlement's commit; what is missed there the sweep finds.
    """
    steps = _open(subscription).filter(golden__in=goldens)
    done = list(_confirmed(steps).values_list("id", "plan_id", "golden_id"))
    if done:
        _close([step for step, _, _ in done], {plan for _, plan, _ in done})
    return [golden for _, _, golden in done]


def _confirmed(steps: QuerySet[Step]) -> QuerySet[Step]:
    lanes = Lane.objects.filter(
        subscription=OuterRef("plan__subscription"),
        golden=OuterRef("golden"),
        confirmed__gte=OuterRef("version"),
        resend=False,
    )
    return steps.filter(Exists(lanes), version__isnull=False)


@transaction.atomic
def _close(steps: Sequence[int], plans: Collection[UUID]) -> None:
    now = writer.now()
    Step.objects.filter(id__in=steps, acknowledged_at__isnull=True).update(acknowledged_at=now)
    through = Plan.objects.filter(id__in=plans, state=PlanState.OPEN).exclude(
        Exists(Step.objects.filter(plan=OuterRef("pk"), acknowledged_at__isnull=True))
    )
    ids = list(through.values_list("id", flat=True))
    Plan.objects.filter(id__in=ids).update(state=PlanState.COMPLETED, closed_at=now)
    worklist.close_items(WorkKind.COMPENSATION, [f"plan:{plan}" for plan in ids])


def advance() -> int:
    """The net: learn the versions of late steps, note what was confirmed, tell of stuck plans."""
    for step in _open().filter(version__isnull=True).select_related("plan__merge"):
        _learn(step)
    done = list(_confirmed(_open()).values_list("id", "plan_id"))
    if done:
        _close([step for step, _ in done], {plan for _, plan in done})
    _tell_of_stuck()
    return len(done)


def _learn(step: Step) -> None:
    merge = step.plan.merge
    left = merge.absorbed_id if step.plan.kind == PlanKind.MERGE else _end_of(merge.survivor_id)
    if not _mentioning([step.golden_id], left):
        version = Golden.objects.values_list("version", flat=True).get(pk=step.golden_id)
        Step.objects.filter(pk=step.pk).update(version=version)


def _tell_of_stuck() -> None:
    """A plan with a step that its target will not take is a person's, with all that remains."""
    lanes = Lane.objects.filter(
        subscription=OuterRef("plan__subscription"), golden=OuterRef("golden"), parked__in=STUCK
    )
    plans = {step.plan_id for step in _open().filter(Exists(lanes))}
    found = Plan.objects.filter(id__in=plans).select_related("subscription", "merge__absorbed")
    worklist.open_items([_need(plan) for plan in found])
    named = [f"plan:{plan}" for plan in plans]
    healed = Plan.objects.filter(state=PlanState.OPEN).exclude(id__in=plans)
    closed = Plan.objects.filter(state=PlanState.COMPENSATED)
    gone = [f"plan:{plan}" for plan in (healed | closed).values_list("id", flat=True)]
    worklist.close_items(WorkKind.COMPENSATION, [name for name in gone if name not in named])


def _need(plan: Plan) -> Need:
    remaining = plan.steps.filter(acknowledged_at__isnull=True).select_related("golden")
    steps = [{"action": step.action, "golden": step.golden.code} for step in remaining]
    absorbed = plan.merge.absorbed
    return Need(
        kind=WorkKind.COMPENSATION,
        subject=f"plan:{plan.pk}",
        title=f"{plan.subscription.name} has {len(steps)} steps to go of a {plan.kind}",
        entity=absorbed.entity,
        golden=absorbed.pk,
        owner=outcomes.of(plan.subscription.outcomes).escalate_to,
        facts={"plan": str(plan.pk), "subscription": str(plan.subscription_id), "steps": steps},
    )


def believers(subscriptions: Q) -> QuerySet[Step]:
    """Which targets still believe the old state, and of which record: the steps to go."""
    return (
        _open()
        .filter(subscriptions)
        .select_related("plan__subscription", "plan__merge", "golden")
        .order_by("plan__opened_at", "position", "id")
    )
