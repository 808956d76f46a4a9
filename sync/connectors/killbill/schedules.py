"""Billing schedules as subscriptions in the bundle of their contract.

What recurs is an add-on on a plan of that billing period, its price the total in equal parts; what
is billed item by item is an add-on without a price, and an external charge per item (`charges`).
So is what is not in force. A schedule that is used no longer is cancelled at once, and its drafts
are voided. A subscription is never moved or taken up again: the next one follows, and a schedule
is all that have followed each other (`successors`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from dateutil.relativedelta import relativedelta

from sync.connectors import milestones
from sync.connectors.base import Missing
from sync.connectors.faults import Turned, poison, said
from sync.connectors.forms import number
from sync.connectors.killbill import accounts, contracts
from sync.connectors.killbill.charges import Charges
from sync.connectors.killbill.contracts import CANCELLED, SUBSCRIPTIONS
from sync.connectors.killbill.objects import FIELDS
from sync.connectors.killbill.records import INACTIVE, Record, Records
from sync.connectors.killbill.tenant import AUDITED, OWN_ID, Tenant, last_change, marks_of
from sync.connectors.profile import Rendered
from sync.connectors.successors import numbered, parted
from sync.outbound.answers.retry import Answer, Verdict
from sync.outbound.content.envelope import Message

Subscription = Mapping[str, Any]
NO_PERIOD: Final = "NO_BILLING_PERIOD"
STEPS: Final = {
    "DAILY": relativedelta(days=1),
    "WEEKLY": relativedelta(weeks=1),
    "BIWEEKLY": relativedelta(weeks=2),
    "MONTHLY": relativedelta(months=1),
    "BIMESTRIAL": relativedelta(months=2),
    "QUARTERLY": relativedelta(months=3),
    "BIANNUAL": relativedelta(months=6),
    "ANNUAL": relativedelta(years=1),
}
NAMES: Final = milestones.Names("description", "startDate", "amount")
NOW: Final = {"entitlementPolicy": "IMMEDIATE", "billingPolicy": "IMMEDIATE"}


def settle(rendered: Rendered) -> Rendered:
    """The schedule as subscription and charges: its items, or its price a period and its end."""
    settled = milestones.settle(rendered, NAMES)
    values, attributes = dict(settled.values), dict(settled.attributes)
    total, times = values.pop("total", None), values.pop("occurrences", None)
    in_force = values.pop("in_force")
    attributes.pop("recurrence.occurrences", None)  # which cannot be read back
    if settled.elements or not in_force:
        values["billingPeriod"] = None
        attributes.pop("recurrence.frequency", None)
    if times and (period := values.get("billingPeriod")):
        if total is not None:
            values["price"] = (Decimal(str(total)) / int(times)).quantize(milestones.CENT)
        last = date.fromisoformat(values["startDate"][:10]) + STEPS[period] * int(times)
        values["endDate"] = min(filter(None, (last.isoformat(), values.get("endDate"))))
        attributes.pop("ends_on", None)
    return replace(settled, values=values, attributes=attributes)


class Schedules(Records):
    """Subscriptions, by the key that those which followed each other share."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._charges = Charges(self.tenant)

    def settle(self, rendered: Rendered) -> Rendered:
        """Price, end and items."""
        return settle(rendered)

    def find(self, key: str) -> str | None:
        """The key itself, where a subscription ever had it."""
        return key if self._chain(key) else None

    def create(self, rendered: Rendered, message: Message) -> str:
        """Begin its first subscription."""
        bundle = self._bundle(rendered)
        self._finish(message.key, [self._begin(bundle, rendered, message.key)], rendered, message)
        return message.key

    def update(self, source_id: str, rendered: Rendered, message: Message) -> None:
        """Change its subscription, or let another follow: in another bundle, or after an end."""
        bundle = self._bundle(rendered)  # first: what is transferred meanwhile is then seen below
        chain = self._known(source_id)
        last = chain[-1]
        alive, moved = last["state"] != CANCELLED, last["bundleId"] != bundle["bundleId"]
        if moved and alive:
            self._cancel(last)
            chain = self._known(source_id)  # which tells now when the last one ended
        if alive and not moved:
            self._replan(last, rendered)
            self._end_as_wanted(last, rendered)
        elif _goes_on(chain[-1], rendered):
            key = numbered(source_id, len(chain) + 1)
            chain.append(self._begin(bundle, rendered, key, str(_end(chain[-1]) or "")))
        self._finish(source_id, chain, rendered, message)

    def end(self, source_id: str, message: Message) -> None:
        """Cancel what bills it, void its drafts, and say so."""
        chain = self._known(source_id)
        if chain[-1]["state"] != CANCELLED:
            self._cancel(chain[-1])
        self._charges.settle(source_id, chain, ())
        self.tenant.mark(_place(chain[-1]), {self.settings["status_field"]: INACTIVE})

    # Steps

    def _bundle(self, rendered: Rendered) -> dict[str, Any]:
        """The bundle of its contract, on the account that is billed."""
        values = rendered.values
        bundle = contracts.live(self.tenant, values["bundleKey"])
        if bundle is None:
            raise poison("the bundle of its contract is used no longer")
        if bundle["accountId"] != values["accountId"]:
            reason = "the bundle of its contract is not on the account of the client that is billed"
            raise Turned(said(Answer(), Verdict.FAILED, reason))  # it may be about to move
        account = self.tenant.found(accounts.place(bundle["accountId"]))
        currency = account["currency"] if account else None
        if currency != values["currency"]:
            raise poison(f"the account bills in {currency}, not in {values['currency']}")
        return bundle

    def _begin(
        self, bundle: Mapping[str, Any], rendered: Rendered, key: str, after: str = ""
    ) -> Subscription:
        """Begin a subscription: not before its contract, nor before the one it follows ended."""
        base = str(contracts.base_of(bundle)["startDate"])[:10]
        begins = max(base, after, str(rendered.values["startDate"])[:10])
        if (ends := rendered.values.get("endDate")) and ends <= begins:
            raise poison(f"it would begin on {begins} and end before, on {ends}")
        body = {"accountId": bundle["accountId"], "bundleId": bundle["bundleId"],
                "externalKey": key, **self._plan(rendered)}  # fmt: skip
        dates = {"entitlementDate": begins, "billingDate": begins}
        made = self.tenant.made(SUBSCRIPTIONS, body, dates)
        subscription = self.tenant.found(f"{SUBSCRIPTIONS}/{made}", AUDITED)
        self._end_as_wanted(subscription, rendered)
        return dict(subscription)

    def _plan(self, rendered: Rendered) -> dict[str, Any]:
        """The plan alone: Kill Bill refuses it beside product, period and price list."""
        period, price = rendered.values.get("billingPeriod"), rendered.values.get("price")
        if not period:
            return {"planName": self.settings["items_plan"]}
        plan = str(self.settings["recurring_plan"]).format(period=period.lower())
        if price is None:
            return {"planName": plan}
        override = {"phaseType": "EVERGREEN", "recurringPrice": price}
        return {"planName": plan, "priceOverrides": [override]}

    def _replan(self, subscription: Subscription, rendered: Rendered) -> None:
        """Another period or price, from when the catalog's rules say."""
        period, price = rendered.values.get("billingPeriod"), rendered.values.get("price")
        prices = [p["recurringPrice"] for p in subscription.get("prices") or ()]
        now = next((p for p in reversed(prices) if p is not None), None)
        same = subscription["billingPeriod"] == (period or NO_PERIOD)
        if not same or (price is not None and number(now) != number(price)):
            self.tenant.asked("PUT", _place(subscription), self._plan(rendered))

    def _end_as_wanted(self, subscription: Subscription, rendered: Rendered) -> None:
        held, wanted = _end(subscription), rendered.values.get("endDate")
        if held == wanted:
            return
        if held:
            self.tenant.asked("PUT", f"{_place(subscription)}/uncancel")
        if wanted:
            self._cancel(subscription, wanted)

    def _cancel(self, subscription: Subscription, on: str = "") -> None:
        """Stop billing on a day, or now; one that has not begun, on the day it would."""
        if subscription["state"] == "PENDING":
            on = max(on, str(subscription["startDate"])[:10])
        when = {"requestedDate": on, "useRequestedDateForBilling": "true"} if on else NOW
        self.tenant.asked("DELETE", _place(subscription), query=when)

    def _finish(
        self, key: str, chain: Sequence[Subscription], rendered: Rendered, message: Message
    ) -> None:
        if rendered.values["itemised"]:
            self._charges.settle(key, chain, rendered.elements)
        name = f"{FIELDS}.name"
        own = {"name": rendered.values[name]} if name in rendered.values else {}
        self.tenant.mark(_place(chain[-1]), {**own, **self.ours(message)})

    def _chain(self, key: str) -> list[Subscription]:
        """All subscriptions of a schedule, in their order."""
        found: list[Subscription] = []
        while each := self.tenant.found(
            SUBSCRIPTIONS, {"externalKey": numbered(key, len(found) + 1), **AUDITED}
        ):
            found.append(each)
        return found

    def _known(self, source_id: str) -> list[Subscription]:
        chain = self._chain(source_id)
        if not chain:
            raise Missing(Answer(reason="there is no such subscription"))
        return chain

    # Reading

    def known_as(self, identity: str) -> str:
        """The key that the subscription shares."""
        own = OWN_ID.fullmatch(identity)
        found = self.tenant.found(f"{SUBSCRIPTIONS}/{identity}") if own else None
        return parted(found["externalKey"])[0] if found else identity

    def some(self, source_ids: Collection[str]) -> Iterator[Record]:
        """Those of these keys that are there."""
        about = _Accounts(self.tenant, self._charges)
        for key in source_ids:
            if chain := self._chain(key):
                yield self._inward(chain, self.tenant.fields(_place(chain[-1])), about)

    def pages(self) -> Iterator[list[Record]]:
        """All subscriptions but those that only carry a contract."""
        fields, about = (
            self.tenant.all_fields("SUBSCRIPTION"),
            _Accounts(self.tenant, self._charges),
        )
        found: dict[str, list[Subscription]] = {}
        for page in self.tenant.pages(f"{contracts.BUNDLES}/pagination"):
            for each in (s for bundle in page for s in bundle["subscriptions"]):
                if each["planName"] != self.settings["contract_plan"]:
                    found.setdefault(parted(each["externalKey"])[0], []).append(each)
        for chain in found.values():
            chain.sort(key=lambda s: parted(s["externalKey"])[1])
            yield [self._inward(chain, fields.get(chain[-1]["subscriptionId"], ()), about)]

    def _inward(
        self,
        chain: Sequence[Subscription],
        fields: Collection[Mapping[str, Any]],
        about: _Accounts,
    ) -> Record:
        """A schedule that was read, as the field map sees it."""
        last, key = chain[-1], parted(chain[-1]["externalKey"])[0]
        period = last["billingPeriod"] if last["billingPeriod"] in STEPS else None
        charges = [c for account in {str(s["accountId"]): None for s in chain}
                   for c in about.of(account)[1] if c["schedule"] == key]  # fmt: skip
        events = [event for s in chain for event in s.get("events") or ()]
        record = {
            "key": key,
            "bundleKey": last["bundleExternalKey"],
            "accountId": last["accountId"],
            "currency": about.of(last["accountId"])[0],
            "startDate": str(chain[0]["startDate"])[:10],
            "endDate": _end(last),
            "billingPeriod": period,
            "standing": _standing(last["state"], period),
            "charges": [{n: v for n, v in c.items() if n != "auditLogs"} for c in charges],
            "modified": last_change(*chain, *events, *fields, *charges),
        }
        return self.marked(record, marks_of(fields))


class _Accounts:
    """The accounts of schedules that are read, each asked for once."""

    def __init__(self, tenant: Tenant, charges: Charges) -> None:
        self._tenant, self._charges = tenant, charges
        self._known: dict[str, tuple[str | None, list[dict[str, Any]]]] = {}

    def of(self, account: str) -> tuple[str | None, list[dict[str, Any]]]:
        """What it is billed in, and the charges of schedules on its invoices."""
        if account not in self._known:
            held = self._tenant.found(accounts.place(account)) or {}
            self._known[account] = (held.get("currency"), self._charges.of(account))
        return self._known[account]


def _place(subscription: Subscription) -> str:
    return f"{SUBSCRIPTIONS}/{subscription['subscriptionId']}"


def _end(subscription: Subscription) -> str | None:
    """The day it bills no more, past or to come."""
    ends = subscription.get("billingEndDate") or subscription.get("cancelledDate")
    return str(ends)[:10] if ends else None


def _goes_on(ended: Subscription, rendered: Rendered) -> bool:
    """Whether a schedule is billed beyond the day on which its last subscription ended."""
    wanted, held = rendered.values.get("endDate"), _end(ended)
    return not wanted or not held or wanted > held


def _standing(state: str, period: str | None) -> str | None:
    """What its state says of a schedule: nothing without a price, and once it ended."""
    if state in {"BLOCKED", "EXPIRED"}:
        return {"BLOCKED": "on_hold", "EXPIRED": "completed"}[state]
    return "active" if period and state != CANCELLED else None
