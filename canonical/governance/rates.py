"""Rates that the delivery side charges otherwise than the contract agrees: a person is told.

Agreed is what the contract's card says: the one it names, or one for it. Charged is what a PSA
would bill by: the card the engagement names, one for it, or one for its client that a system of
the kind `psa` told; and what such a system itself says in the contract's own card, though another
system's word is trusted more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from canonical import configuration, worklist, writer
from canonical.documents import rate_lookup, records
from canonical.documents.rate_gaps import Card, gaps
from canonical.documents.rate_lookup import Known
from canonical.documents.shape import Record
from canonical.golden.inputs import load
from canonical.models import (
    Change,
    FeedState,
    GoldenReference,
    GoldenState,
    Link,
    Looked,
    System,
    WorkItem,
    WorkKind,
)
from canonical.worklist import Need

TASK: Final = "rates"
PSA: Final = "psa"
OWNER: Final = "finance"
ENTITIES: Final = ("engagement", "contract", "rate_card")
AT_ONCE: Final = 500
OVERLAP: Final = timedelta(minutes=2)  # a transaction may end after a look began
AGREED: Final = ("contract.rate_card", "scope.contract")
OWN: Final = ("engagement.rate_card", "scope.engagement")


def look() -> int:
    """Compare what may have changed since the last look; how many engagements were compared."""
    place, _ = Looked.objects.get_or_create(task=TASK)
    moment = writer.now()
    rows = Change.objects.filter(position__gt=place.position, entity__in=ENTITIES)
    changed = list(rows.order_by("position").values_list("position", "golden_id")[:AT_ONCE])
    goldens = {golden for _, golden in changed} | _told_anew(place)
    engagements = _engagements(goldens)
    if goldens:
        engagements |= _items(engagements).keys() | _items(None).keys()
    _compare(engagements, moment.date().isoformat())
    end = FeedState.objects.values_list("last_position", flat=True).get(pk=1)
    place.position = int(changed[-1][0] or 0) if len(changed) == AT_ONCE else end
    place.at = moment
    place.save()
    return len(engagements)


def _told_anew(place: Looked) -> set[UUID]:
    """Rate cards of which a system said something that may not have won."""
    since = Q(record__received_at__gte=place.at - OVERLAP) if place.at else Q()
    links = Link.objects.filter(since, record__entity="rate_card", until__isnull=True)
    return set(links.values_list("golden_id", flat=True)) if place.at else set()


def _engagements(goldens: Collection[UUID]) -> set[UUID]:
    """The engagements whose rates hang on these: themselves, or through contract, card, client."""
    edges = GoldenReference.objects.filter(Q(target__in=goldens) | Q(golden__in=goldens))
    cards = edges.filter(golden__entity="rate_card", golden__in=goldens)
    scoped = set(cards.filter(path__startswith="scope.").values_list("target_id", flat=True))
    named = edges.filter(target__in=goldens, path="rate_card")
    near = {*goldens, *scoped, *named.values_list("golden_id", flat=True)}
    above = GoldenReference.objects.filter(
        Q(path="client") | Q(path__startswith="contracts"), target__in=near,
        golden__entity="engagement",
    )  # fmt: skip
    return near | set(above.values_list("golden_id", flat=True))


def _items(engagements: Collection[UUID] | None) -> dict[UUID, WorkItem]:
    items = WorkItem.objects.filter(kind=WorkKind.RATE, state="open", golden__isnull=False)
    if engagements is not None:
        items = items.filter(golden__in=engagements)
    return {item.golden_id: item for item in items[:AT_ONCE] if item.golden_id}


def _compare(goldens: Collection[UUID], today: str) -> None:
    """Open, change and close items as the rates of these engagements stand now."""
    told = _items(goldens)
    found = records.current(sorted(goldens))
    engagements = [r for r in found if r.entity == "engagement" and r.state == GoldenState.ACTIVE]
    needs = {r.id: need for r in engagements if (need := _need(r, today))}
    changed = [g for g, item in told.items() if g in needs and item.facts != needs[g].facts]
    gone = [g for g in told if g not in needs]
    worklist.close_items(WorkKind.RATE, [str(golden) for golden in [*gone, *changed]])
    worklist.open_items([need for g, need in needs.items() if g not in told or g in changed])


def _need(engagement: Record, today: str) -> Need | None:
    known = Known(None)
    candidates = list(rate_lookup.candidates(engagement, today, known))
    agreed = next((card for how, card in candidates if how in AGREED), None)
    if agreed is None:
        return None
    rows = [
        {"by": by, **asdict(gap)}
        for by, card in _charged(candidates, agreed, known)
        for gap in gaps(Card(agreed, known.content), card, today)
    ]
    if not rows:
        return None
    title = _title(rows[0], known.code(agreed), len(rows) - 1)
    facts = {"card": known.code(agreed), "rates": rows}
    return Need(WorkKind.RATE, str(engagement.id), title, "engagement", engagement.id, OWNER, facts)


def _title(row: Mapping[str, Any], code: str, others: int) -> str:
    more = f", and {others} more" if others else ""
    charges = f"{row['by']} charges {row['charged']} for {row['work']}"
    return f"{charges}, {code} agrees {row['agreed']}{more}"


def _charged(
    candidates: list[tuple[str, str]], agreed: str, known: Known
) -> Iterator[tuple[str, Card]]:
    """Who charges, and by which card: the nearest one, and what PSAs say in the agreed one."""
    psas = set(System.objects.filter(kind=PSA).values_list("code", flat=True))
    cards = [card for how, card in candidates if how in OWN]
    cards += [c for how, c in candidates if how == "scope.client" and _tellers(c) & psas]
    if cards and cards[0] != agreed:
        yield known.code(cards[0]), Card(cards[0], known.content)
    for system, values in _said(agreed):
        if system in psas and values.get("lines"):
            content = {**(known.content(agreed) or {}), **values}
            yield system, Card(agreed, {agreed: content}.get)


def _tellers(card: str) -> set[str]:
    return {system for system, _ in _said(card)}


def _said(card: str) -> list[tuple[str, Mapping[str, Any]]]:
    """What each system says of a card."""
    inputs = load([UUID(card)], configuration.current(), mark=False)[UUID(card)]
    return [(each.system, each.values) for each in inputs.contributions if not each.retired]
