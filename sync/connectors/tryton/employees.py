"""A resource as Tryton's employee: a party with our code, employed by a company, with a cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sync.connectors.faults import poison
from sync.connectors.profile import Rendered
from sync.connectors.tryton import parties, tree
from sync.connectors.tryton.records import ALL, Records
from sync.connectors.tryton.tree import Tree
from sync.outbound.content.envelope import Message

MODEL: Final = "company.employee"
_MARKS: Final = ("_timestamp", "last_modified_at", "create_uid")
HOURLY: Final = "HUR"
PLAIN: Final[tuple[str, ...]] = ("email", "phone")
FIELDS: Final = (
    *("start_date", "end_date", "active", "supervisor", "cost_price", "party", *_MARKS),
    *("company.party.name", "company.currency.code", "company"),
    *(f"cost_prices.{name}" for name in ("date", "cost_price", *_MARKS)),
    *(f"party.{name}" for name in ("code", "name", "active", *_MARKS)),
    *(f"party.identifiers.{name}" for name in ("type", "code", *_MARKS)),
    *(f"party.contact_mechanisms.{name}" for name in ("type", "value", "name", "active", *_MARKS)),
)


def flat(employee: Tree, user: int) -> dict[str, Any]:
    """The employee as a flat record."""
    party = tree.inner(employee, "party")
    mechanisms = party.get("contact_mechanisms.") or []
    company = tree.inner(employee, "company")
    cost = employee.get("cost_price") or None
    supervisor = employee.get("supervisor")
    record = {
        "id": str(employee["id"]),
        "golden": tree.golden(party, "code", user),
        "modified": tree.modified(
            [employee, *(employee.get("cost_prices.") or []), party, *mechanisms,
             *(party.get("identifiers.") or [])]
        ),
        "employment": "active" if employee["active"] else "terminated",
        "name": party.get("name"),
        "worker_id": next((i["code"] for i in _plain(party)), None),
        "company": tree.inner(company, "party").get("name"),
        "start_date": tree.text(employee["start_date"]),
        "end_date": tree.text(employee["end_date"]),
        "supervisor": str(supervisor) if supervisor else None,
        "cost_price": cost,
        "cost_currency": tree.inner(company, "currency").get("code") if cost else None,
        "cost_unit": HOURLY if cost else None,
    }  # fmt: skip
    return record | {kind: parties.plain(mechanisms, kind) for kind in PLAIN}


def _plain(party: Tree) -> list[Tree]:
    """Identifiers of no kind: where the worker's number is kept."""
    return [i for i in party.get("identifiers.") or [] if not i["type"]]


def party_values(rendered: Rendered, party: Tree | None, user: int) -> dict[str, Any]:
    """What makes the person's party as wanted."""
    wanted, held = rendered.values, party or {}
    changed = tree.differing({"name": wanted.get("name"), "active": True}, held)
    told = {kind: wanted[kind] for kind in PLAIN if kind in wanted}
    commands = {"contact_mechanisms": parties.mechanism_commands(told, held, None, user)}
    if "worker_id" in wanted:
        number = wanted["worker_id"]
        commands["identifiers"] = tree.lines(
            {"number": {"type": None, "code": number}} if number else {},
            dict(zip(["number"], _plain(held), strict=False)),
        )
    return changed | {name: each for name, each in commands.items() if each}


def values(rendered: Rendered, employee: Tree | None, company: int, today: date) -> dict[str, Any]:
    """What makes the employee as wanted; a new cost counts from today."""
    wanted, held = rendered.values, employee or {}
    own: dict[str, Any] = {"company": company}
    for name in ("start_date", "end_date"):
        if name in wanted:
            own[name] = tree.day(wanted[name])
    if "supervisor" in wanted:
        own["supervisor"] = int(wanted["supervisor"]) if wanted["supervisor"] else None
    changed = tree.differing(own, held)
    if cost := _cost_commands(wanted, held, today):
        changed["cost_prices"] = cost
    return changed


def _cost_commands(wanted: Mapping[str, Any], held: Tree, today: date) -> list[Sequence[Any]]:
    cost = tree.decimal(wanted.get("cost_price"))
    if cost is None or tree.same(cost, held.get("cost_price")):
        return []
    already = next((c for c in held.get("cost_prices.") or [] if c["date"] == today), None)
    if already:
        return [["write", [already["id"]], {"cost_price": cost}]]
    since = today if held.get("cost_prices.") else tree.day(wanted.get("start_date")) or today
    return [["create", [{"date": since, "cost_price": cost}]]]


class Resources(Records):
    """Employees; the person is a party with our code."""

    model, fields, key = MODEL, FIELDS, "party.code"
    entity_path = "employing_entity"
    parts = {
        "cost_prices": "company.employee_cost_price",
        "party": "party.party",
        "party.identifiers": "party.identifier",
        "party.contact_mechanisms": "party.contact_mechanism",
    }

    def flat(self, record: Tree) -> dict[str, Any]:
        """One employee."""
        return flat(record, self.server.user)

    def is_active(self, record: Tree) -> bool:
        """Whether the person is one of ours; who has left still is."""
        return bool(tree.inner(record, "party").get("active"))

    def make(self, rendered: Rendered, message: Message) -> int:
        """Make the party, if it is not there, and employ it."""
        self._check(rendered)
        own = values(rendered, None, self.company(rendered), _today(message))
        return self.add(self.model, {**own, "party": self._party(rendered, message)})

    def _party(self, rendered: Rendered, message: Message) -> int:
        found = self.server.call(parties.MODEL, "search", [["code", "=", message.key]], 0, 1,
                                 None, **ALL)  # fmt: skip
        if found:
            return int(found[0])
        values = party_values(rendered, None, self.server.user)
        return self.add(parties.MODEL, {**values, "code": message.key})

    def _check(self, rendered: Rendered) -> None:
        """Tryton keeps what an hour costs, in the company's currency."""
        said = rendered.values
        if said.get("cost_price") is None:
            return
        if (unit := said.get("cost_unit")) not in {None, HOURLY}:
            raise poison(f"Tryton keeps what an hour costs; the cost rate is per {unit}")
        kept = self.names.currency_of(self.company(rendered))
        if (currency := said.get("cost_currency")) not in {None, kept}:
            raise poison(
                f"the cost rate is in {currency}, and {said['company']} keeps books in {kept}"
            )

    def change(self, held: Tree, rendered: Rendered, message: Message) -> None:
        """Write to the party, and to the employee."""
        self._check(rendered)
        party = tree.inner(held, "party")
        self.write(parties.MODEL, party, party_values(rendered, party, self.server.user))
        own = values(rendered, held, self.company(rendered), _today(message))
        self.write(self.model, held, own)

    def end(self, source_id: str, message: Message) -> None:
        """Someone who is no longer a resource has left, and the party is inactive."""
        held = self.one(source_id)
        if held["active"]:
            left = message.content.get("terminated_on") or str(_today(message))
            since = held["start_date"] or date.min
            self.write(self.model, held, {"end_date": max(since, date.fromisoformat(left))})
        party = tree.inner(held, "party")
        self.write(parties.MODEL, party, tree.differing({"active": False}, party))

    def erase(self, source_id: str, message: Message) -> None:
        """Nothing of the person stays but our code."""
        self.end(source_id, message)
        party = tree.inner(self.one(source_id), "party")
        self.write(parties.MODEL, party, parties.erased(party))


def _today(message: Message) -> date:
    """The day of the version: no clock is asked."""
    return date.fromisoformat(str(message.content["updated_at"])[:10])
