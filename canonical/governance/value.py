"""Value at risk: what hangs on a golden record that a person is asked about, in money.

First form: what is still to be invoiced. Of a billing schedule its open items, of a contract its
schedules or, where none hangs on it, its total value; of a client or rate card its contracts, of
an engagement its schedules or, where it has none, the contract lines that name it. In the hub's
currency by the newest exchange rate; an amount without a rate is left out, never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import Max, Q

from canonical import writer
from canonical.entities import BillingItem, BillingSchedule, Contract, ContractLine
from canonical.models import (
    ExchangeRate,
    Golden,
    GoldenReference,
    GoldenState,
    UnmappedValue,
    WorkItem,
    WorkKind,
)

NOTHING = Decimal(0)
CLOSED_ITEMS = ("invoiced", "cancelled")
OVERLAP = timedelta(minutes=2)
"""A change carries the time of its transaction, which may end after a valuation began."""
ALL_AGAIN = timedelta(days=1)
"""What no change tells of: new exchange rates, a reference that was taken away."""
PLACES = Decimal("0.0001")
LARGEST = Decimal(10) ** 15 - PLACES


@dataclass(slots=True)
class _Schedule:
    contract: UUID | None
    engagement: UUID | None
    bill_to: UUID | None
    total: Decimal
    currency: str
    open: Decimal = NOTHING


@dataclass(slots=True)
class _Contract:
    client: UUID | None
    rate_card: UUID | None
    total: Decimal
    currency: str
    schedules: list[Decimal] = field(default_factory=list)

    def worth(self, rates: Mapping[str, Decimal]) -> Decimal:
        if self.schedules:
            return sum(self.schedules, NOTHING)
        return self.total * rates.get(self.currency, NOTHING)


def at_risk(goldens: Collection[UUID]) -> dict[UUID, Decimal]:
    """What hangs on each golden record; five statements, however many there are."""
    wanted = set(goldens)
    if not wanted:
        return {}
    rates = _rates()
    lines = _lines(wanted)
    contracts = _contracts(wanted, {contract for contract, *_ in lines})
    schedules = _schedules(wanted, set(contracts))
    worth: dict[UUID | None, Decimal] = defaultdict(lambda: NOTHING)
    billed: set[UUID | None] = set()
    for key, row in schedules.items():
        amount = row.open * rates.get(row.currency, NOTHING)
        contract = contracts.get(row.contract) if row.contract else None
        if contract:
            contract.schedules.append(amount)
        payer = row.bill_to if contract is None or contract.client != row.bill_to else None
        for holder in {key, row.engagement, payer} & wanted:
            worth[holder] += amount
        billed.add(row.engagement)
    for key, contract in contracts.items():
        for holder in {key, contract.client, contract.rate_card} & wanted:
            worth[holder] += contract.worth(rates)
    for contract_id, engagement, amount in lines:
        if engagement not in billed and (of := contracts.get(contract_id)):
            worth[engagement] += amount * rates.get(of.currency, NOTHING)
    return {key: min(worth[key], LARGEST).quantize(PLACES) for key in wanted}


def _rates() -> dict[str, Decimal]:
    """Units of the hub's currency for one unit of each, by the newest rate either way."""
    hub: str = settings.ASSAY_CURRENCY
    rates = {hub: Decimal(1)}
    rows = ExchangeRate.objects.filter(Q(to_currency=hub) | Q(from_currency=hub)).order_by("day")
    for base, quoted, rate in rows.values_list("from_currency", "to_currency", "rate"):
        if quoted == hub:
            rates[base] = rate
        elif rate:
            rates[quoted] = 1 / rate
    rates[hub] = Decimal(1)
    return rates


def _lines(wanted: Collection[UUID]) -> list[tuple[UUID, UUID, Decimal]]:
    """Contract, engagement and amount of the contract lines that name one of these."""
    rows = ContractLine.objects.filter(engagement__any=list(wanted)).exclude(amount=None)
    return list(rows.values_list("contract_id", "engagement_id", "amount"))


def _contracts(wanted: Collection[UUID], named: Collection[UUID]) -> dict[UUID, _Contract]:
    ids = list(wanted)
    rows = Contract.objects.filter(
        Q(pk__in=[*ids, *named]) | Q(client__any=ids) | Q(rate_card__any=ids),
        golden__state=GoldenState.ACTIVE,
    ).values_list(
        "pk", "client_id", "rate_card_id", "total_value", "total_value_currency", "currency"
    )
    return {
        pk: _Contract(client, card, total or NOTHING, said or currency or "")
        for pk, client, card, total, said, currency in rows
    }


def _schedules(wanted: Collection[UUID], contracts: Collection[UUID]) -> dict[UUID, _Schedule]:
    """The billing schedules of all of these, each with what is still to be invoiced."""
    ids = list(wanted)
    rows = BillingSchedule.objects.filter(
        Q(pk__in=ids)
        | Q(contract__any=[*ids, *contracts])
        | Q(engagement__any=ids)
        | Q(bill_to_client__any=ids),
        golden__state=GoldenState.ACTIVE,
    ).values_list(
        "pk", "contract_id", "engagement_id", "bill_to_client_id", "total_amount", "currency"
    )
    found = {
        pk: _Schedule(contract, engagement, payer, total or NOTHING, currency or "")
        for pk, contract, engagement, payer, total, currency in rows
    }
    items = BillingItem.objects.filter(billing_schedule__any=list(found)).exclude(
        item_status__in=CLOSED_ITEMS
    )
    for pk, amount, percent in items.values_list("billing_schedule_id", "amount", "percent"):
        schedule = found[pk]
        schedule.open += amount if amount is not None else schedule.total * (percent or 0) / 100
    return found


def revalue() -> int:
    """Value the open items that are new, or on whose records something changed; how many.

    Run by the sweep; a fixed number of statements. All are valued again once a day.
    """
    moment = writer.now()
    items = list(WorkItem.objects.filter(state="open").only(*_READ))
    concerned = _concerned(items)
    newest = _newest(set().union(*concerned.values()))
    stale = [item for item in items if _outdated(item, concerned[item.pk], newest, moment)]
    worth = at_risk(set().union(*(concerned[item.pk] for item in stale)))
    writer.update(
        WorkItem,
        [
            {
                "id": item.pk,
                "value_at_risk": min(sum(worth[g] for g in concerned[item.pk]) + NOTHING, LARGEST),
                "valued_at": moment,
            }
            for item in stale
        ],
    )
    return len(stale)


_READ = ("id", "kind", "subject", "golden_id", "facts", "valued_at")


def _concerned(items: Iterable[WorkItem]) -> dict[UUID, set[UUID]]:
    """The golden records each item is about: both sides of a question, all who say a word."""
    found: dict[UUID, set[UUID]] = {}
    words: dict[tuple[str, ...], UUID] = {}
    for item in items:
        sides = {UUID(side) for side in item.facts.get("sides", ())}
        found[item.pk] = sides | ({item.golden_id} if item.golden_id else set())
        if item.kind == WorkKind.UNMAPPED_VALUE:
            words[tuple(item.subject.split("/", 2))] = item.pk
    for word, golden in _sayers(words):
        found[words[word]].add(golden)
    return found


def _sayers(words: Collection[tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], UUID]]:
    if not words:
        return
    rows = UnmappedValue.objects.filter(
        value__in={word[-1] for word in words}, record__links__until__isnull=True
    ).values_list("record__system_id", "vocabulary", "value", "record__links__golden_id")
    for *word, golden in rows:
        if tuple(word) in words and golden:
            yield tuple(word), golden


def _newest(goldens: Collection[UUID]) -> dict[UUID, datetime]:
    """When each, or anything that refers to it, last became another version."""
    ids = list(goldens)
    newest = dict(Golden.objects.filter(id__any=ids).values_list("id", "updated_at"))
    referring = GoldenReference.objects.filter(target__any=ids).values("target_id")
    for row in referring.annotate(at=Max("golden__updated_at")).order_by():
        newest[row["target_id"]] = max(newest[row["target_id"]], row["at"])
    return newest


def _outdated(
    item: WorkItem, goldens: Collection[UUID], newest: Mapping[UUID, datetime], moment: datetime
) -> bool:
    if item.valued_at is None or item.valued_at < moment - ALL_AGAIN:
        return True
    changed = max((newest[g] for g in goldens if g in newest), default=None)
    return changed is not None and changed > item.valued_at - OVERLAP
