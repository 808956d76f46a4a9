"""Forgetting a person everywhere: here at once, in targets by delivery, elsewhere by hand.

The one use case that empties the rooms of this person: records, history and journal, what matching
filed and asked about, and what targets were found to hold.
"""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from canonical import worklist
from canonical.golden.cause import Cause
from canonical.identity import erasure
from canonical.identity.erasure import Erased
from canonical.identity.units import unit
from canonical.models import CONSOLE, Golden, Link, WorkKind
from canonical.worklist import Need
from matching.intake import forgetting
from sync import connectors
from sync.models import Drift, Status, Subscription
from sync.outbound.answers.alarms import OWNER


def erase(golden: UUID, cause: Cause) -> dict[str, list[str]]:
    """Forget a person; returns the systems that have to be asked by hand, with their ids.

    Targets that can forget are told by their next delivery; a work item stands for each other
    system that still holds the person. Raises Refused.
    """
    return unit(lambda: _erase(golden, cause))


def _erase(golden: UUID, cause: Cause) -> dict[str, list[str]]:
    erased = erasure.erase(golden, cause)
    forgetting.forget(erased.records)
    Drift.objects.filter(golden__in=erased.goldens).delete()
    holders = _holders(erased)
    worklist.open_items(_needs(Golden.objects.get(pk=erased.goldens[-1]), holders))
    return holders


def _holders(erased: Erased) -> dict[str, list[str]]:
    """The systems that know the person and will not hear of this, with their ids of them."""
    links = Link.objects.filter(golden__in=erased.goldens, until__isnull=True)
    held: dict[str, list[str]] = defaultdict(list)
    for system, source_id in links.values_list("record__system_id", "record__source_id"):
        held[system].append(source_id)
    entity = Golden.objects.values_list("entity", flat=True).get(pk=erased.goldens[-1])
    subscriptions = Subscription.objects.filter(system__in=held).exclude(status=Status.DELETED)
    told = {
        each.system_id
        for each in subscriptions
        if entity in each.entities and connectors.erases(each.connector, entity)
    }
    return {name: sorted(ids) for name, ids in held.items() if name not in {CONSOLE, *told}}


def _needs(golden: Golden, holders: dict[str, list[str]]) -> list[Need]:
    return [
        Need(
            kind=WorkKind.ERASURE,
            subject=f"{golden.pk}/{system}",
            title=f"{system} still holds {golden.code} as {', '.join(ids)}: erase it there by hand",
            entity=golden.entity,
            golden=golden.pk,
            owner=OWNER,
            facts={"system": system, "source_ids": ids},
        )
        for system, ids in sorted(holders.items())
    ]
