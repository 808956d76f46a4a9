"""A contract as Tryton's sale: numbered by our code, a line for each line, agreed or not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from sync.connectors.profile import Element, Rendered
from sync.connectors.tryton import tree
from sync.connectors.tryton.directory import Directory
from sync.connectors.tryton.documents import Documents
from sync.connectors.tryton.tree import Tree
from sync.outbound.content.envelope import Message

MODEL: Final = "sale.sale"
_MARKS: Final = ("_timestamp", "last_modified_at", "create_uid")
FIELDS: Final = (
    *("number", "description", "reference", "comment", "party", "company", "currency", "state"),
    *("sale_date", "payment_term", "origin", "untaxed_amount", "invoice_address", *_MARKS),
    *("company.party.name", "currency.code", "payment_term.name"),
    *(f"lines.{name}" for name in (
        "type", "description", "quantity", "unit_price", "amount", "sequence", *_MARKS)),
)  # fmt: skip
#: For what Tryton's sale has no field: a line each in its comment.
LABELS: Final = {"contract_number": "Contract number", "end": "Effective until"}
PLACES: Final = Decimal("0.0001")
#: What each of Tryton's states amounts to.
STANDINGS: Final = {
    "draft": "draft",
    "quotation": "agreed",
    "confirmed": "agreed",
    "processing": "agreed",
    "done": "agreed",
    "cancelled": "cancelled",
}
EDITABLE: Final = frozenset({"draft"})


def settle(rendered: Rendered) -> Rendered:
    """The contract as a sale can hold it: every line has a quantity and a price of four places.

    Without lines it stays a draft: Tryton quotes nothing then.
    """
    elements = tuple(replace(e, values=_line(e)) for e in rendered.elements)
    attributes = dict(rendered.attributes)
    if "lines" in attributes:
        attributes["lines"] = {
            e.key: {
                "line_no": e.key,
                "description": e.values["description"] or None,
                **{n: tree.plain_number(e.values[n]) for n in ("quantity", "unit_price", "amount")},
            }
            for e in elements
        }
    values = dict(rendered.values)
    if not elements and "lines" in attributes and values.get("standing") == "agreed":
        values["standing"] = attributes["contract_status"] = "draft"
    return replace(rendered, values=values, elements=elements, attributes=attributes)


def _line(element: Element) -> dict[str, Any]:
    said = element.values
    quantity, price, amount = (
        tree.decimal(said.get(n)) for n in ("quantity", "unit_price", "amount")
    )
    if quantity is None:
        quantity = amount / price if amount is not None and price else Decimal(1)
    if price is None:
        price = amount / quantity if amount is not None and quantity else Decimal(0)
    quantity, price = quantity.quantize(PLACES), price.quantize(PLACES)
    return {
        "line_no": element.key,
        "description": tree.one_line(said.get("description")),
        "quantity": quantity,
        "unit_price": price,
        "amount": (quantity * price).quantize(Decimal("0.01")),
    }


def flat(sale: Tree, user: int) -> dict[str, Any]:
    """The sale as a flat record."""
    said = _labelled(sale["comment"])
    ours = tree.golden(sale, "number", user)
    company = tree.inner(sale, "company")
    origin = sale.get("origin") or ""
    return {
        "id": str(sale["id"]),
        "golden": ours,
        "modified": tree.modified([sale, *(sale.get("lines.") or [])]),
        "contract_number": said.get("contract_number") or (None if ours else sale["number"]),
        "description": sale["description"],
        "company": tree.inner(company, "party").get("name"),
        "client": str(sale["party"]),
        "parent": origin.split(",")[1] if origin.startswith(f"{MODEL},") else None,
        "currency": tree.inner(sale, "currency").get("code"),
        "start": tree.text(sale["sale_date"]),
        "end": said.get("end"),
        "payment_term": tree.inner(sale, "payment_term").get("name"),
        "reference": sale["reference"],
        "standing": STANDINGS[sale["state"]],
        "status": sale["state"],
        "total": sale["untaxed_amount"],
        "lines": [
            {
                "line_no": tree.unnumbered(line)[0],
                "description": tree.unnumbered(line)[1],
                "quantity": line["quantity"],
                "unit_price": line["unit_price"],
                "amount": line["amount"],
            }
            for line in _own_lines(sale)
        ],
    }


def _own_lines(sale: Tree) -> list[Tree]:
    found = [line for line in sale.get("lines.") or [] if line["type"] == "line"]
    return sorted(found, key=lambda line: (line["sequence"] or 0, line["id"]))


def values(
    rendered: Rendered, sale: Tree | None, names: Directory, place: Mapping[str, Any]
) -> dict[str, Any]:
    """What makes the sale as wanted, its state aside.

    `place` is the company, and the client's address for invoices.
    """
    wanted, held = rendered.values, sale or {}
    client = int(wanted["client"])
    own: dict[str, Any] = {
        "party": client,
        "company": place["company"],
        "currency": names.id("currency", wanted["currency"]),
        "comment": relabelled(held.get("comment"), wanted),
    }
    if held.get("party") != client:
        own |= {"invoice_party": None, "invoice_address": place["address"]}
    for name, field in (("description", "description"), ("reference", "reference")):
        if field in wanted:
            own[name] = wanted[field]
    if "start" in wanted:
        own["sale_date"] = tree.day(wanted["start"])
    if "payment_term" in wanted:
        own["payment_term"] = names.id("payment_term", wanted["payment_term"])
    if "parent" in wanted:
        own["origin"] = f"{MODEL},{wanted['parent']}" if wanted["parent"] else None
    changed = tree.differing(own, held)
    if "lines" in rendered.attributes and (commands := _line_commands(rendered, held)):
        changed["lines"] = commands
    return changed


def _line_commands(rendered: Rendered, sale: Tree) -> list[Any]:
    held = {tree.unnumbered(line)[0]: line for line in _own_lines(sale)}
    wanted = {
        e.key: {
            "type": "line",
            "sequence": place,
            "description": tree.numbered(e.key, e.values["description"]),
            "quantity": float(e.values["quantity"]),
            "unit_price": e.values["unit_price"],
        }
        for place, e in enumerate(rendered.elements, 1)
    }
    return tree.lines(wanted, held)


def path(
    state: str | None, standing: str, *, edits: bool, confirm: bool
) -> tuple[list[str], list[str]]:
    """The buttons to press before the sale is written to, and after.

    A sale that is being processed or done takes no edits: Tryton refuses them, with a reason.
    """
    before: list[str] = []
    if edits and state in {"quotation", "confirmed", "cancelled"}:
        before, state = ["draft"], "draft"
    after: list[str] = []
    if standing == "cancelled":
        after = _to_cancelled(state)
    elif standing == "draft":
        after = ["draft"] if state in {"quotation", "confirmed", "cancelled"} else []
    else:
        after = _to_agreed(state, confirm)
    return before, after


def _to_cancelled(state: str | None) -> list[str]:
    steps = {"confirmed": ["draft", "cancel"], "cancelled": []}
    return steps.get(state or "draft", ["cancel"])


def _to_agreed(state: str | None, confirm: bool) -> list[str]:
    steps = {"cancelled": ["draft", "quote"], "draft": ["quote"]}.get(state or "draft", [])
    quoted = state in {None, "draft", "cancelled", "quotation"}
    return [*steps, "confirm"] if confirm and quoted else steps


def _labelled(comment: str | None) -> dict[str, str]:
    found = {}
    for line in (comment or "").splitlines():
        for name, label in LABELS.items():
            if line.startswith(f"{label}: "):
                found[name] = line.removeprefix(f"{label}: ").strip()
    return found


def relabelled(comment: str | None, wanted: Mapping[str, Any]) -> str | None:
    """The comment with our lines renewed; what people wrote there stays."""
    ours = re.compile("|".join(f"{re.escape(label)}: " for label in LABELS.values()))
    kept = [x for x in (tree.unended(comment) or "").splitlines() if not ours.match(x)]
    told = _labelled(comment)
    said = {name: wanted.get(name, told.get(name)) for name in LABELS}
    mine = [f"{LABELS[name]}: {value}" for name, value in said.items() if value]
    return "\n".join([*mine, *kept]) or None


class Contracts(Documents):
    """Sales."""

    model, fields = MODEL, FIELDS
    entity_path, remark = "contracting_entity", "comment"
    parts = {"lines": "sale.line"}

    def flat(self, record: Tree) -> dict[str, Any]:
        """One sale."""
        return flat(record, self.server.user)

    def settle(self, rendered: Rendered) -> Rendered:
        """Lines with quantity and price."""
        return settle(super().settle(rendered))

    def values(self, rendered: Rendered, held: Tree | None, message: Message) -> dict[str, Any]:
        """The sale's fields and lines; billed by its schedule, shipped by nobody."""
        place = {"company": self.company(rendered), "address": self.address(rendered)}
        said = values(rendered, held, self.names, place)
        by_hand = {"invoice_method": "manual", "shipment_method": "manual"}
        return said if held else {**said, **by_hand}

    def way(self, held: Tree, rendered: Rendered, *, edits: bool) -> tuple[list[str], list[str]]:
        """Draft, quoted or confirmed, cancelled."""
        standing = rendered.values.get("standing") or "draft"
        confirm = bool(self.settings["confirm_contracts"])
        return path(held["state"], standing, edits=edits, confirm=confirm)
