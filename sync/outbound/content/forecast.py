"""What each target would be told if golden records changed so: for a look before a deed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from canonical.entities import schema_of
from canonical.golden.recompute import Computed
from sync.models import Lane, Status, Subscription
from sync.outbound.content import envelope
from sync.outbound.content.envelope import LEFT
from sync.outbound.content.selection import selects

Content = Mapping[str, Any]
ALWAYS = ("state", "merged_into")


@dataclass(frozen=True, slots=True)
class Told:
    """One subscription and what it would hear: (golden record, code, name of the event) each."""

    name: str
    system: str
    paused: bool
    events: tuple[tuple[UUID, str, str], ...]


def forecast(changed: Collection[Computed], before: Mapping[UUID, Content]) -> list[Told]:
    """Every subscription that would hear of a change; two statements, nothing is written.

    `before` is the content of each record that exists already. What a subscription may not see
    is nothing new to it, and a record that waits to be published is told to nobody.
    """
    served = Subscription.objects.filter(status__in=(Status.ACTIVE, Status.PAUSED))
    subscriptions = list(served.order_by("name"))
    lanes = Lane.objects.filter(
        golden__in=[c.golden.id for c in changed], subscription__in=subscriptions
    )
    held = {
        (subscription, golden)
        for subscription, golden, digest in lanes.values_list(
            "subscription_id", "golden_id", "confirmed_digest"
        )
        if digest not in ("", LEFT)
    }
    told = [_told(each, changed, before, held) for each in subscriptions]
    return [each for each in told if each.events]


def _told(
    subscription: Subscription,
    changed: Collection[Computed],
    before: Mapping[UUID, Content],
    held: Collection[tuple[UUID, UUID]],
) -> Told:
    events: list[tuple[UUID, str, str]] = []
    for item in changed:
        record = item.golden
        known = (subscription.pk, record.id) in held
        event = _event(subscription, item, before.get(record.id, {}), known)
        if event:
            events.append((record.id, record.code, event))
    paused = subscription.status == Status.PAUSED
    return Told(subscription.name, subscription.system_id, paused, tuple(events))


def _event(subscription: Subscription, item: Computed, before: Content, known: bool) -> str:
    entity = item.golden.entity
    if item.golden.published_version is None:
        return ""
    if entity not in subscription.entities or not selects(subscription.filter, entity, item.after):
        return LEFT if known else ""
    if known and not _news(_visible(subscription, entity), before, item.after):
        return ""
    return envelope.event_name(str(item.kind or ""), known=known)


def _visible(subscription: Subscription, entity: str) -> Sequence[str]:
    allowed = subscription.attributes
    named = [a for a in schema_of(entity) if allowed is None or a.name in allowed]
    seen = [a.name for a in named if subscription.restricted or not a.restricted]
    return seen if allowed is not None else [*seen, "sources"]


def _news(names: Collection[str], before: Content, after: Content) -> bool:
    return any(before.get(name) != after.get(name) for name in (*ALWAYS, *names))
