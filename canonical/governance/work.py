"""The worklist as people use it: what of it is wanted, in which order, who works it and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from canonical import writer
from canonical.golden.cause import Cause
from canonical.governance import audit
from canonical.identity.errors import Refused
from canonical.models import AuditKind, Golden, Link, User, WorkItem, WorkKind

Items = QuerySet[WorkItem]

ORDERS = {
    "value": ("-value_at_risk", "due", "opened_at", "id"),
    "due": ("due", "-value_at_risk", "opened_at", "id"),
    "oldest": ("opened_at", "id"),
    "newest": ("-opened_at", "id"),
}
MOSTLY = "value"
SNOOZED_AT_MOST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the open items is asked for; what is left out narrows nothing.

    `snoozed` asks for what was put off instead of what waits. `assignee` is a person's key.
    """

    kinds: Collection[str] = ()
    entity: str = ""
    system: str = ""
    text: str = ""
    late: bool = False
    snoozed: bool = False
    assignee: int | None = None
    unassigned: bool = False


def wanted_items(wanted: Wanted, now: datetime) -> Items:
    """The open items that are asked for."""
    items = put_off(now) if wanted.snoozed else waiting(now)
    if wanted.kinds:
        items = items.filter(kind__in=wanted.kinds)
    if wanted.entity:
        items = items.filter(entity=wanted.entity)
    if wanted.text:
        # The one record of that code, not a join with all of them.
        named = Golden.objects.filter(code=wanted.text.upper()).values("id")
        items = items.filter(Q(title__icontains=wanted.text) | Q(golden__in=named))
    if wanted.late:
        items = items.filter(due__lt=now)
    if wanted.assignee is not None:
        items = items.filter(assignee=wanted.assignee)
    if wanted.unassigned:
        items = items.filter(assignee__isnull=True)
    return _about(items, wanted.system) if wanted.system else items


def waiting(now: datetime) -> Items:
    """Open items that nobody put off."""
    awake = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now)
    return WorkItem.objects.filter(awake, state="open")


def put_off(now: datetime) -> Items:
    """Open items that do not wait yet."""
    return WorkItem.objects.filter(snoozed_until__gt=now, state="open")


def _about(items: Items, system: str) -> Items:
    """Those in whose golden record the system speaks, and those about its own word or record."""
    links = Link.objects.filter(
        golden=OuterRef("golden"), record__system=system, until__isnull=True
    )
    # Not EXISTS: beside an OR, PostgreSQL reads every link of the system to answer it.
    speaks = Subquery(links.values("record__system")[:1])
    return items.alias(speaks=speaks).filter(Q(speaks=system) | Q(subject__startswith=f"{system}/"))


def in_order(items: Items, order: str = MOSTLY) -> Items:
    """In one of `ORDERS`; what has no due day stands behind what has."""
    return items.order_by(*(F("due").asc(nulls_last=True) if name == "due" else name
                            for name in ORDERS.get(order, ORDERS[MOSTLY])))  # fmt: skip


def behind(order: str, position: Mapping[str, Any]) -> Q:
    """What stands behind an item with these values in an order."""
    after, level = Q(pk__in=()), Q()
    for name in ORDERS[order]:
        column = name.removeprefix("-")
        value = position[column]
        if value is not None:
            beyond = Q(**{f"{column}__{'lt' if name != column else 'gt'}": value})
            after |= level & (beyond | Q(due__isnull=True) if column == "due" else beyond)
        level &= Q(**({f"{column}__isnull": True} if value is None else {column: value}))
    return after


# --- who works it, and when


def assign(items: Items, person: User | None) -> int:
    """Give open items to a person, or back; how many there were."""
    return items.filter(state="open").update(assignee=person)


@transaction.atomic
def snooze(items: Items, until: datetime | None, cause: Cause) -> int:
    """Put open items off until an instant, or take them up again; how many. Raises Refused."""
    now = writer.now()
    if until is not None and not now < until <= now + SNOOZED_AT_MOST:
        raise Refused("Work is put off until an instant to come, a year ahead at the most.")
    chosen = _locked(items)
    if until is not None:
        _note(AuditKind.WORK_PUT_OFF, chosen, cause, {"until": until.isoformat()})
    return _of(chosen).update(snoozed_until=until)


@transaction.atomic
def close(items: Items, cause: Cause) -> int:
    """Say of open items that they are done; how many. Raises Refused for what closes by itself."""
    chosen = _locked(items)
    for item in chosen:
        if not closes_by_hand(item):
            raise Refused(f"{item}: this closes by itself once its cause is gone.")
    _note(AuditKind.WORK_CLOSED, chosen, cause, {})
    return _of(chosen).update(state="done", closed_at=writer.now())


def closes_by_hand(item: WorkItem) -> bool:
    """Whether nothing that happens later tells that it is done: two contents, a claimed id."""
    claimed = item.kind == WorkKind.DRIFT and "drift" not in item.facts
    return claimed or item.kind == WorkKind.VERSION_CONFLICT


def _locked(items: Items) -> list[WorkItem]:
    return list(items.filter(state="open").select_for_update().order_by("id"))


def _of(items: Collection[WorkItem]) -> Items:
    return WorkItem.objects.filter(pk__in=[item.pk for item in items])


def _note(kind: AuditKind, items: Collection[WorkItem], cause: Cause, facts: Any) -> None:
    for item in items:
        about = {"item": str(item.pk), "kind": item.kind}
        audit.note(kind, cause, item.title, item.golden_id, {**about, **facts})
