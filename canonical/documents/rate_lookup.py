"""The rate that holds for a resource on an engagement: which cards come into question, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from canonical.documents import records
from canonical.documents.rates import Asked, Rate, rate_of, usable
from canonical.documents.shape import Record
from canonical.models import GoldenReference, RateCard

SCOPED = ("engagement", "contract", "client")


class NoRate(LookupError):
    """No card that comes into question has a line that holds."""


@dataclass(frozen=True, slots=True)
class Found:
    """The rate, the card that was found and how, and the records it was found for."""

    rate: Rate
    card: Record
    found_by: str
    cards: Mapping[str, Record]


def find(
    engagement: Record, resource: Record, asked: Asked, as_of: datetime | None = None
) -> Found:
    """Try each card in order; NoRate names those that were tried."""
    known = Known(as_of)
    tried: list[str] = []
    for found_by, card in candidates(engagement, asked.day, known):
        if card in tried:
            continue
        tried.append(card)
        if rate := rate_of(card, known.content, asked):
            return Found(rate, known.records[rate.cards[-1]], found_by, known.records)
    codes = [known.records[card].code for card in tried if card in known.records]
    tried_text = f"tried {', '.join(codes)}" if codes else "there is no rate card for it"
    raise NoRate(
        f"No rate holds for {resource.code} on {engagement.code} on {asked.day}: {tried_text}."
    )


class Known:
    """Records by id as of a time, read when they are first asked for."""

    def __init__(self, as_of: datetime | None) -> None:
        self.as_of = as_of
        self.records: dict[str, Record] = {}

    def read(self, ids: Iterable[str]) -> None:
        """Read those that are not known yet."""
        missing = [UUID(each) for each in ids if each not in self.records]
        if not missing:
            return
        if self.as_of is None:
            found = records.current(missing)
        else:
            found = list(records.as_of(missing, self.as_of).values())
        self.records |= {str(record.id): record for record in found}

    def code(self, card: str) -> str:
        """A record's code; its id for one that is not known."""
        self.read([card])
        return self.records[card].code if card in self.records else card

    def content(self, card: str) -> Mapping[str, Any] | None:
        """A record's content; None for one that is not known."""
        self.read([card])
        record = self.records.get(card)
        return None if record is None else record.content


def candidates(engagement: Record, day: str, known: Known) -> Iterator[tuple[str, str]]:
    """(how it was found, card id): named cards before scoped ones, near before far."""
    content = engagement.content
    if card := content.get("rate_card"):
        yield "engagement.rate_card", card
    contracts = list(content.get("contracts") or ())
    known.read(contracts)
    scoped = _scoped(engagement, contracts)
    yield from _usable("scope.engagement", scoped["engagement"], day, known)
    for contract in contracts:
        if card := (known.content(contract) or {}).get("rate_card"):
            yield "contract.rate_card", card
    yield from _usable("scope.contract", scoped["contract"], day, known)
    yield from _usable("scope.client", scoped["client"], day, known)
    yield from _usable("standard", _standard(content), day, known)


def _usable(found_by: str, cards: list[str], day: str, known: Known) -> Iterator[tuple[str, str]]:
    """The cards that hold on the day, the one that began last first."""
    known.read(cards)
    holding = [
        (str(content.get("effective_from") or ""), card)
        for card in cards
        if (content := known.content(card)) is not None and usable(content, day)
    ]
    yield from ((found_by, card) for _, card in sorted(holding, reverse=True))


def _scoped(engagement: Record, contracts: list[str]) -> dict[str, list[str]]:
    targets = {
        "engagement": [str(engagement.id)],
        "contract": contracts,
        "client": [engagement.content[name] for name in ("client",) if name in engagement.content],
    }
    wanted = Q()
    for name in SCOPED:
        wanted |= Q(path=f"scope.{name}", target__in=targets[name])
    rows = GoldenReference.objects.filter(wanted, golden__entity="rate_card")
    found: dict[str, list[str]] = {name: [] for name in SCOPED}
    for path, card in rows.order_by("golden_id").values_list("path", "golden_id"):
        found[path.removeprefix("scope.")].append(str(card))
    return found


def _standard(engagement: Mapping[str, Any]) -> list[str]:
    """Standard cards whose scope names nothing that differs from the engagement."""
    cards = RateCard.objects.filter(rate_card_type="standard", golden__state="active")
    context = {
        "entity": engagement.get("delivering_entity"),
        "region": engagement.get("region"),
        "practice": engagement.get("practice"),
    }
    return [
        str(card)
        for card, scope in cards.order_by("golden_id").values_list("golden_id", "scope")
        if all(not value or context.get(name) == value for name, value in (scope or {}).items())
    ]
