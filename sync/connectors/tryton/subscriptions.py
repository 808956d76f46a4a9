"""A billing schedule as Tryton's subscription: a line an item, consumed once, on its day.

Tryton consumes nothing behind the end of a subscription, so only one without items gets an end.

A line with a recurrence is consumed by Tryton when its day has come, one without only by hand: so
an item that may be billed has one, and an item that waits for its milestone has none. Tryton
closes a subscription once nothing is left to consume by itself, and a closed one cannot be
changed: while items wait, a line far ahead keeps it open. A schedule without items that recurs
has one line, consumed as often as it says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sync.connectors.faults import poison
from sync.connectors.profile import Element, Rendered
from sync.connectors.tryton import tree
from sync.connectors.tryton.directory import Directory
from sync.connectors.tryton.documents import Documents
from sync.connectors.tryton.profile import DAILY
from sync.connectors.tryton.tree import Tree
from sync.outbound.content.envelope import Message

MODEL: Final = "sale.subscription"
SALE: Final = "sale.sale"  # what contracts are
CONSUMPTION: Final = "sale.subscription.line.consumption"
_MARKS: Final = ("_timestamp", "last_modified_at", "create_uid")
FIELDS: Final = (
    *("number", "description", "reference", "party", "company", "currency", "state", *_MARKS),
    *("start_date", "end_date", "payment_term", "invoice_recurrence", "invoice_address"),
    *("company.party.name", "currency.code", "payment_term.name", "invoice_recurrence.name"),
    *(f"lines.{name}" for name in (
        "description", "quantity", "unit_price", "sequence", "start_date", "end_date",
        "consumption_recurrence", "consumed_until", "service", "unit", *_MARKS)),
)  # fmt: skip
BILLED_FIELDS: Final = (
    *("line", "date", "create_uid", "last_modified_at", "line.subscription"),
    *(f"invoice_line.invoice.{name}" for name in (
        "number", "state", "invoice_date", "last_modified_at")),
)  # fmt: skip
KEEPER: Final = "waiting"
RECURRING: Final = "recurring"
KEPT_UNTIL: Final = date(2999, 12, 31)
PLACES: Final = Decimal("0.0001")
A_DAY: Final = timedelta(days=1)
BY_DATE: Final = frozenset({"fixed_date", "period_start", "period_end", "contract_effective"})
#: What each of Tryton's states amounts to.
STANDINGS: Final = {
    "draft": "draft",
    "quotation": "held",
    "running": "running",
    "closed": "running",
    "cancelled": "cancelled",
}
#: What decides how items are billed there, and cannot be read back.
UNSEEN: Final = ("contract", "billing_trigger", "total_amount", "recurrence.occurrences")
ONLY_OUT: Final = ("percent", "trigger", "milestone_name", "item_status", "completed_on")
INVOICED: Final = frozenset({"posted", "paid"})


def settle(rendered: Rendered) -> Rendered:
    """The schedule as a subscription can hold it: it begins with its first item."""
    values, attributes = dict(rendered.values), dict(rendered.attributes)
    total = tree.decimal(values.get("total"))
    for path in UNSEEN:
        attributes.pop(path, None)
    elements = tuple(
        replace(e, values=_item(e, total, values.get("trigger")))
        for e in rendered.elements
        if e.values.get("status") != "cancelled" and e.values.get("bill_date")
    )
    if "items" in attributes:
        attributes["items"] = {
            e.key: {
                "item_no": e.key,
                "description": e.values["description"] or None,
                "bill_date": e.values["bill_date"],
                "amount": tree.plain_number(e.values["amount"]),
                **dict.fromkeys(ONLY_OUT),
            }
            for e in elements
        }
    days = [e.values["bill_date"] for e in elements]
    if days and values.get("start"):
        values["start"] = attributes["starts_on"] = min(*days, str(values["start"])[:10])
    if not days and (each := _each_time(values, total)):
        values["each"] = each
    if days:
        values.pop("end", None)
        attributes.pop("ends_on", None)
    return replace(rendered, values=values, attributes=attributes, elements=elements)


def _each_time(values: Mapping[str, Any], total: Decimal | None) -> Decimal | None:
    """What a schedule without items bills each time; nothing where it does not say."""
    times = tree.decimal(values.get("occurrences"))
    if not times or total is None or values.get("recurrence") in {None, DAILY}:
        return None
    return (total / times).quantize(PLACES)


def _item(element: Element, total: Decimal | None, trigger: str | None) -> dict[str, Any]:
    said = element.values
    amount, percent = tree.decimal(said.get("amount")), tree.decimal(said.get("percent"))
    if amount is None and percent is not None and total is not None:
        amount = total * percent / 100
    return {
        "item_no": element.key,
        "description": tree.one_line(said.get("description") or said.get("milestone")),
        "bill_date": str(said["bill_date"])[:10],
        "amount": (amount or Decimal(0)).quantize(PLACES),
        "due": _is_due(said, said.get("trigger") or trigger),
    }


def _is_due(said: Mapping[str, Any], trigger: str | None) -> bool:
    """Whether the item may be billed on its day; what someone else billed may not."""
    status = said.get("status")
    if status in {"ready_to_invoice", "invoice_drafted", "invoiced", "on_hold", "cancelled"}:
        return bool(status == "ready_to_invoice")
    if trigger == "milestone_completed":
        return bool(said.get("completed"))
    return not status and trigger in BY_DATE


def flat(subscription: Tree, user: int, billed: Sequence[Tree] = ()) -> dict[str, Any]:
    """The subscription as a flat record; `billed` are its consumptions, with their invoices."""
    by_line = {tree.inner(each, "line").get("id") or each["line"]: each for each in billed}
    company = tree.inner(subscription, "company")
    return {
        "id": str(subscription["id"]),
        "golden": tree.golden(subscription, "number", user),
        "modified": tree.modified([subscription, *(subscription.get("lines.") or []), *billed,
                                   *(_invoice(each) for each in billed)]),
        "description": subscription["description"],
        "company": tree.inner(company, "party").get("name"),
        "client": str(subscription["party"]),
        "currency": tree.inner(subscription, "currency").get("code"),
        "start": tree.text(subscription["start_date"]),
        "end": tree.text(subscription["end_date"]),
        "payment_term": tree.inner(subscription, "payment_term").get("name"),
        "reference": subscription["reference"],
        "recurrence": tree.inner(subscription, "invoice_recurrence").get("name"),
        "standing": STANDINGS[subscription["state"]],
        "status": subscription["state"],
        "items": [_flat_item(line, by_line.get(line["id"])) for line in _items(subscription)],
    }  # fmt: skip


def _invoice(consumption: Tree) -> Tree:
    return tree.inner(tree.inner(consumption, "invoice_line"), "invoice")


def _items(subscription: Tree) -> list[Tree]:
    found = [
        line
        for line in subscription.get("lines.") or []
        if tree.unnumbered(line)[0] not in {KEEPER, RECURRING}
    ]
    return sorted(found, key=lambda line: (line["sequence"] or 0, line["id"]))


def _flat_item(line: Tree, consumption: Tree | None) -> dict[str, Any]:
    number, said = tree.unnumbered(line)
    price, quantity = line["unit_price"] or Decimal(0), tree.decimal(line["quantity"]) or Decimal(0)
    item = {
        "item_no": number,
        "description": said or None,
        "bill_date": tree.text(line["start_date"]),
        "amount": (price * quantity).quantize(Decimal("0.0001")),
    }
    invoice = _invoice(consumption) if consumption else {}
    if not invoice:
        return item
    done = invoice["state"] in INVOICED
    return item | {
        "invoiced": "invoiced" if done else "invoice_drafted",
        "invoice": invoice["number"],
        "invoice_date": tree.text(invoice["invoice_date"]) if done else None,
    }


def values(
    rendered: Rendered,
    subscription: Tree | None,
    names: Directory,
    place: Mapping[str, Any],
    service: str,
) -> dict[str, Any]:
    """What makes the subscription as wanted, its state aside.

    `place` is the company, and the client's address for invoices.
    """
    wanted, held = rendered.values, subscription or {}
    client = int(wanted["client"])
    own: dict[str, Any] = {
        "party": client,
        "company": place["company"],
        "currency": names.id("currency", wanted["currency"]),
        "start_date": tree.day(wanted["start"]),
        "end_date": tree.day(wanted.get("end")),
        "invoice_recurrence": names.id("recurrence", wanted.get("recurrence") or DAILY),
    }
    if held.get("party") != client:
        own |= {"invoice_party": None, "invoice_address": place["address"]}
    own["description"] = wanted.get("description", tree.unended(held.get("description")))
    if "reference" in wanted:
        own["reference"] = wanted["reference"]
    if "payment_term" in wanted:
        own["payment_term"] = names.id("payment_term", wanted["payment_term"])
    if held.get("state") == "closed":  # Tryton has set the end itself
        own.pop("end_date")
    changed = tree.differing(own, held)
    if "items" in rendered.attributes and (
        commands := _line_commands(rendered, held, names, service)
    ):
        changed["lines"] = commands
    return changed


def _line_commands(
    rendered: Rendered, subscription: Tree, names: Directory, service: str
) -> list[Any]:
    held = {tree.unnumbered(line)[0]: line for line in subscription.get("lines.") or []}
    if held.get(KEEPER, {}).get("consumed_until"):  # what was consumed cannot be deleted
        held.pop(KEEPER)
    fixed = {
        "service": names.id("service", service),
        "unit": names.id("unit", "u"),
        "quantity": 1.0,
    }
    daily = names.id("recurrence", DAILY)
    consumed = {number for number, line in held.items() if line["consumed_until"]}
    wanted = {
        e.key: {**fixed, **_line(place, e, daily, consumed)}
        for place, e in enumerate(rendered.elements, 1)
    }
    if any(not e.values["due"] and e.key not in consumed for e in rendered.elements):
        wanted[KEEPER] = {
            **fixed,
            "sequence": len(wanted) + 1,
            "description": tree.numbered(KEEPER, "keeps the subscription open while items wait"),
            "unit_price": Decimal(0),
            "start_date": KEPT_UNTIL,
            "end_date": None,
            "consumption_recurrence": daily,
        }
    if each := rendered.values.get("each"):
        wanted[RECURRING] = {**fixed, **_recurring(rendered, each, names, consumed)}
    return tree.lines(wanted, held)


def _recurring(
    rendered: Rendered, each: Decimal, names: Directory, consumed: Collection[str]
) -> dict[str, Any]:
    """The line of a schedule that recurs; its beginning stands once something was billed."""
    said = rendered.values
    line = {
        "sequence": 1,
        "description": tree.numbered(RECURRING, tree.one_line(said.get("description"))),
        "unit_price": each,
        "consumption_recurrence": names.id("recurrence", said["recurrence"]),
    }
    return line if RECURRING in consumed else {**line, "start_date": tree.day(said["start"])}


def _line(
    place: int, element: Element, daily: int | None, consumed: Collection[str]
) -> dict[str, Any]:
    """The line of an item; when it is consumed can no longer be said once it was."""
    said = element.values
    line = {
        "sequence": place,
        "description": tree.numbered(element.key, said["description"]),
        "unit_price": said["amount"],
    }
    if element.key in consumed:
        return line
    day = date.fromisoformat(said["bill_date"])
    return line | {
        "start_date": day,
        "end_date": day + A_DAY,
        "consumption_recurrence": daily if said["due"] else None,
    }


def path(state: str | None, standing: str, *, edits: bool) -> tuple[list[str], list[str]]:
    """The buttons to press before the subscription is written to, and after."""
    before: list[str] = []
    if edits and state in {"quotation", "running", "cancelled"}:
        before, state = ["draft"], "draft"
    return before, _to(standing, state or "draft")


def _to(standing: str, state: str) -> list[str]:
    """From a state to what is wanted; a closed one stays what it is."""
    if state == "cancelled":
        return [] if standing == "cancelled" else ["draft", *_to(standing, "draft")]
    ways = {
        ("running", "draft"): ["quote", "run"],
        ("running", "quotation"): ["run"],
        ("held", "draft"): ["quote"],
        ("held", "running"): ["draft", "quote"],
        ("draft", "quotation"): ["draft"],
        ("draft", "running"): ["draft"],
        ("cancelled", "draft"): ["cancel"],
        ("cancelled", "quotation"): ["cancel"],
        ("cancelled", "running"): ["draft", "cancel"],
    }
    return ways.get((standing, state), [])


class BillingSchedules(Documents):
    """Subscriptions."""

    model, fields = MODEL, FIELDS
    remark = "description"
    parts = {"lines": "sale.subscription.line"}

    def changed_since(self, moment: datetime) -> list[Any]:
        """Also where something was consumed, or an invoice for it changed."""
        names = ("last_modified_at", "invoice_line.invoice.last_modified_at")
        either = ["OR", *([name, ">", moment] for name in names)]
        rows = self._consumed([either], ["line.subscription"])
        billed = sorted({tree.inner(row, "line")["subscription"] for row in rows})
        return [*super().changed_since(moment), *([["id", "in", billed]] if billed else [])]

    def touched(self, trees: Sequence[Tree]) -> set[int]:
        """Also those of which others, or Tryton itself, consumed something."""
        us = self.server.user
        theirs = {owner for owner, rows in self._billed(trees).items()
                  if any(row["create_uid"] != us for row in rows)}  # fmt: skip
        return super().touched(trees) | theirs

    def flats(self, trees: Sequence[Tree]) -> list[dict[str, Any]]:
        """With what Tryton has billed of them."""
        billed, user = self._billed(trees), self.server.user
        return [flat(each, user, billed.get(each["id"], ())) for each in trees]

    def _billed(self, trees: Sequence[Tree]) -> dict[int, list[Tree]]:
        ids = [each["id"] for each in trees]
        found: dict[int, list[Tree]] = {}
        for row in self._consumed([["line.subscription", "in", ids]], BILLED_FIELDS):
            found.setdefault(tree.inner(row, "line")["subscription"], []).append(row)
        return found

    def _consumed(self, domain: list[Any], fields: Sequence[str]) -> list[Tree]:
        order = [["id", "ASC"]]
        rows: list[Tree] = self.server.call(
            CONSUMPTION, "search_read", domain, 0, None, order, list(fields)
        )
        return rows

    def settle(self, rendered: Rendered) -> Rendered:
        """Items as lines."""
        return settle(rendered)

    def values(self, rendered: Rendered, held: Tree | None, message: Message) -> dict[str, Any]:
        """The subscription's fields and lines; the company is that of its contract."""
        place = {
            "company": held["company"] if held else self._company(rendered),
            "address": self.address(rendered),
        }
        said = values(rendered, held, self.names, place, self.settings["service"])
        if held and said and held["state"] == "closed":
            raise poison("the subscription is closed in Tryton and cannot be changed")
        return said

    def _company(self, rendered: Rendered) -> int:
        contract = int(rendered.values["contract"])
        rows = self.server.call(
            SALE, "search_read", [["id", "=", contract]], 0, 1, None, ["company"]
        )
        if not rows:
            raise poison(f"sale {contract}, the schedule's contract, is gone")
        return int(rows[0]["company"])

    def way(self, held: Tree, rendered: Rendered, *, edits: bool) -> tuple[list[str], list[str]]:
        """Draft, quoted while on hold, running, cancelled."""
        standing = rendered.values.get("standing") or "draft"
        return path(held["state"], standing, edits=edits)
