"""Closings: while a legal entity closes its books, targets that observe it get none of its records.

What is held goes afterwards with a ramp: each lane gets its own moment in the ten minutes that
follow, a tenth of the usual pace at first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import random
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from canonical import writer
from canonical.entities import schema_of
from canonical.entities.billing_schedule import BillingSchedule
from sync.models import ClosingCalendar, Lane, Parked, Subscription
from sync.outbound.content.envelope import Version
from sync.outbound.delivery import windows

VOCABULARY = "legal_entity"


@dataclass(frozen=True, slots=True)
class Closed:
    """Which legal entity closes its books, and when this record goes on."""

    legal_entity: str
    until: datetime


def closed(subscription: Subscription, versions: Mapping[UUID, Version]) -> dict[UUID, Closed]:
    """Which of these records the subscription holds now."""
    ends = _ends() if subscription.closings else {}
    if not ends:
        return {}
    owners = _by_contract([g for g, v in versions.items() if v.entity == "billing_schedule"])
    owners |= {golden: _owner(version) for golden, version in versions.items() if _owner(version)}
    return {
        golden: Closed(owner, ends[owner] + windows.ramp(random()))  # noqa: S311 (only spreads load)
        for golden, owner in owners.items()
        if owner in ends
    }


def _ends() -> dict[str, datetime]:
    """The legal entities that close their books now, and until when."""
    calendars, now = ClosingCalendar.objects.all(), writer.now()
    found = ((c.legal_entity, windows.closed_until(c.windows, now)) for c in calendars)
    return {entity: end for entity, end in found if end is not None}


def _owner(version: Version) -> str:
    """The legal entity a record names first."""
    declared = (a.name for a in schema_of(version.entity).attributes if a.vocabulary == VOCABULARY)
    return next((str(version.content[n]) for n in declared if version.content.get(n)), "")


def _by_contract(schedules: Sequence[UUID]) -> dict[UUID, str]:
    """A billing schedule belongs to the legal entity of its contract."""
    if not schedules:
        return {}
    named = BillingSchedule.objects.filter(golden__in=schedules).values_list(
        "golden_id", "contract__contracting_entity"
    )
    return {golden: owner for golden, owner in named if owner}


def release(subscription: UUID) -> int:
    """Let go what is held no longer; how many lanes."""
    held = Lane.objects.filter(subscription=subscription, parked=Parked.HELD, due_at__lte=Now())
    with transaction.atomic():
        free = held.select_for_update(skip_locked=True, of=("self",)).order_by("golden_id")
        ids = list(free.values_list("id", flat=True))
        return Lane.objects.filter(id__in=ids).update(parked=Parked.NONE)


@transaction.atomic
def keep(legal_entity: str, times: Sequence[Mapping[str, Any]], by: str) -> ClosingCalendar:
    """Set when a legal entity closes its books; what is held is looked at again."""
    calendar, _ = ClosingCalendar.objects.update_or_create(
        legal_entity=legal_entity, defaults={"windows": list(times), "updated_by": by}
    )
    look_again()
    return calendar


@transaction.atomic
def forget(legal_entity: str) -> None:
    """A legal entity closes its books unobserved from now on."""
    ClosingCalendar.objects.filter(pk=legal_entity).delete()
    look_again()


def look_again(subscription: UUID | None = None) -> None:
    """Free what is held, of one subscription or all: what still has to be is held again."""
    held = Lane.objects.filter(parked=Parked.HELD)
    if subscription is not None:
        held = held.filter(subscription=subscription)
    ids = list(
        held.select_for_update(of=("self",)).order_by("golden_id").values_list("id", flat=True)
    )
    Lane.objects.filter(id__in=ids).update(parked=Parked.NONE, due_at=Now())
