"""A client as Tryton's party: name, addresses, identifiers, contact mechanisms, payment term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sync.connectors.profile import Rendered
from sync.connectors.tryton import tree
from sync.connectors.tryton.directory import Directory
from sync.connectors.tryton.records import ALL, Records
from sync.connectors.tryton.tree import Tree
from sync.outbound.content.envelope import Message

MODEL: Final = "party.party"
_MARKS: Final = ("_timestamp", "last_modified_at", "create_uid")
FIELDS: Final = (
    *("code", "name", "active", "replaced_by", *_MARKS),
    *("lang.code", "customer_currency.code", "customer_payment_term.name"),
    *(f"identifiers.{name}" for name in ("type", "code", *_MARKS)),
    *(f"contact_mechanisms.{name}" for name in ("type", "value", "name", "active", *_MARKS)),
    *(f"addresses.{name}" for name in (
        "street", "city", "postal_code", "country.code", "invoice", "delivery", "active", *_MARKS)),
)  # fmt: skip
ROLES: Final = ("billing", "shipping", "registered")
EUROPE: Final = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI"),
    }
)
EIN: Final = "us_ein"
ERASED: Final = "Erased"
PLAIN: Final = ("email", "phone", "website")


def flat(party: Tree, user: int) -> dict[str, Any]:
    """The party as a flat record."""
    mechanisms = party.get("contact_mechanisms.") or []
    record: dict[str, Any] = {
        "id": str(party["id"]),
        "golden": tree.golden(party, "code", user),
        "modified": tree.modified([party, *_children(party)]),
        "inactive": not party["active"],
        "name": party["name"],
        "language": tree.inner(party, "lang").get("code"),
        "currency": tree.inner(party, "customer_currency").get("code"),
        "payment_term": tree.inner(party, "customer_payment_term").get("name"),
        "tax_ids": [tax for tax in map(tax_id, party.get("identifiers.") or []) if tax],
        "contacts": _contacts(mechanisms),
    }
    record |= {kind: plain(mechanisms, kind) for kind in PLAIN}
    for role, address in addresses(party).items():
        record[role] = {
            "street": address["street"],
            "city": address["city"],
            "postal_code": address["postal_code"],
            "country": tree.inner(address, "country").get("code"),
        }
    return record


def values(rendered: Rendered, party: Tree | None, names: Directory) -> dict[str, Any]:
    """What makes the party as wanted: the fields that differ, and commands for what hangs on it.

    The code is ours only in a party that we make; one that was there keeps its own.
    """
    wanted, held = rendered.values, party or {}
    own = {
        "name": wanted.get("name"),
        "lang": names.id("language", wanted.get("language")),
        "customer_currency": names.id("currency", wanted.get("currency")),
        "customer_payment_term": names.id("payment_term", wanted.get("payment_term")),
        "active": True,
        "replaced_by": None,
    }
    changed = tree.differing(_asked(own, wanted), _own(held))
    commands = {
        "addresses": _address_commands(wanted, held, names),
        "identifiers": _identifier_commands(rendered, held, names),
        "contact_mechanisms": mechanism_commands(wanted, held, _people(rendered), names.user),
    }
    return changed | {name: each for name, each in commands.items() if each}


def _asked(own: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Only what the target is told of; the rest of the party is not ours to empty."""
    told = {"lang": "language", "customer_currency": "currency",
            "customer_payment_term": "payment_term"}  # fmt: skip
    return {name: value for name, value in own.items() if told.get(name, "name") in wanted}


def _own(party: Tree) -> dict[str, Any]:
    led = ("lang", "customer_currency", "customer_payment_term")
    return {**party, **{name: tree.inner(party, name).get("id") for name in led}}


def _children(party: Tree) -> list[Tree]:
    lists = ("addresses.", "identifiers.", "contact_mechanisms.")
    return [child for name in lists for child in party.get(name) or []]


# --- addresses: Tryton has no roles, only what an address is used for


def addresses(party: Tree) -> dict[str, Tree]:
    """The party's addresses by role: for invoices, for deliveries, and the first other one."""
    free = [a for a in party.get("addresses.") or [] if a.get("active", True)]
    found: dict[str, Tree] = {}
    for role, used in zip(ROLES, ("invoice", "delivery", ""), strict=True):
        address = next((a for a in free if not used or a.get(used)), None)
        if address is not None:
            found[role] = address
            free.remove(address)
    return found


def _address_commands(
    wanted: Mapping[str, Any], party: Tree, names: Directory
) -> list[Sequence[Any]]:
    held = addresses(party)
    commands: list[Sequence[Any]] = []
    for role in ROLES:
        parts = ("street", "city", "postal_code", "country")
        said = {part: wanted.get(f"{role}.{part}") for part in parts}
        if not any(f"{role}.{part}" in wanted for part in parts):
            continue
        commands += _one_address(role, said, held.get(role), names)
    return commands


def _one_address(
    role: str, said: dict[str, Any], held: Tree | None, names: Directory
) -> list[Sequence[Any]]:
    if not any(said.values()):
        return [["write", [held["id"]], {"active": False}]] if held else []
    address = {**said, "country": names.id("country", said["country"])}
    if held is None:
        uses = {"invoice": role == "billing", "delivery": role == "shipping"}
        return [["create", [{**address, **uses}]]]
    before = {**held, "country": tree.inner(held, "country").get("id")}
    changed = tree.differing(address, before)
    return [["write", [held["id"]], changed]] if changed else []


# --- identifiers: kind and code


def tax_id(identifier: Tree) -> dict[str, Any] | None:
    """A tax number as the hub writes it; nothing for an identifier of another kind."""
    kind, code = identifier.get("type") or "", identifier.get("code") or ""
    if kind == EIN:
        return {"type": "ein", "country": "US", "value": code}
    if kind == "eu_vat":
        country = code[:2].upper()
        return {"type": "vat", "country": "GR" if country == "EL" else country, "value": code}
    if kind.endswith("_vat"):
        return {"type": "vat", "country": kind[:2].upper(), "value": code}
    return None


def kind_of(country: str | None, kind: str | None) -> str:
    """Tryton's kind of identifier for a tax number."""
    if country in EUROPE:
        return "eu_vat"
    if country == "US":
        return EIN
    return f"{(country or '').lower()}_{kind or 'vat'}"


def _identifier_commands(rendered: Rendered, party: Tree, names: Directory) -> list[Sequence[Any]]:
    if "tax_ids" not in rendered.attributes:
        return []
    held = {_compact(i["code"]): i for i in party.get("identifiers.") or [] if tax_id(i)}
    said = [e.values for e in rendered.elements if e.child.attribute == "tax_ids"]
    known = names.identifier_types() if said else frozenset()
    wanted = {
        _compact(each["value"]): {"type": kind, "code": each["value"]}
        for each in said
        if (kind := kind_of(each.get("country"), each.get("type"))) in known
    }
    return tree.lines(wanted, held, names.user)


def _compact(code: str) -> str:
    return "".join(c for c in code if c.isalnum()).upper()


# --- contact mechanisms: those with a name are a person's


def plain(mechanisms: Sequence[Tree], kind: str) -> str | None:
    """The party's own address of a kind."""
    return next((m["value"] for m in _of_party(mechanisms, kind)), None)


def _of_party(mechanisms: Sequence[Tree], kind: str) -> list[Tree]:
    kinds = {"phone", "mobile"} if kind == "phone" else {kind}
    return [m for m in mechanisms if m["type"] in kinds and not m["name"] and m["active"]]


def _contacts(mechanisms: Sequence[Tree]) -> list[dict[str, Any]]:
    people: dict[str, dict[str, Any]] = {}
    for each in mechanisms:
        if each["name"] and each["active"] and each["type"] in {"email", "phone", "mobile"}:
            kind = "email" if each["type"] == "email" else "phone"
            people.setdefault(each["name"], {"name": each["name"]}).setdefault(kind, each["value"])
    return list(people.values())


def _people(rendered: Rendered) -> list[Mapping[str, Any]] | None:
    """The contacts wanted; None where the target is not told of any."""
    if "contacts" not in rendered.attributes:
        return None
    return [e.values for e in rendered.elements if e.child.attribute == "contacts"]


def mechanism_commands(
    wanted: Mapping[str, Any],
    party: Tree,
    people: Sequence[Mapping[str, Any]] | None,
    user: int,
) -> list[Sequence[Any]]:
    """What makes the contact mechanisms as wanted; what people there added is left alone."""
    mechanisms = [m for m in party.get("contact_mechanisms.") or [] if m["active"]]
    held: dict[str, Tree] = {}
    target: dict[str, dict[str, Any]] = {}
    for kind in PLAIN:
        if kind not in wanted:
            continue
        held |= {f"{kind} {n}": m for n, m in enumerate(_of_party(mechanisms, kind)[:1])}
        if wanted[kind]:
            target[f"{kind} 0"] = {"type": kind, "value": wanted[kind]}
    if people is not None:
        named = [m for m in mechanisms if m["name"] and m["type"] in {"email", "phone", "mobile"}]
        held |= {f"{m['name']} {_kind(m)}": m for m in named}
        target |= {
            f"{person['name']} {kind}": {
                "type": kind, "value": person[kind], "name": person["name"]}
            for person in people
            for kind in ("email", "phone")
            if person.get(kind) and person.get("name")
        }  # fmt: skip
    return tree.lines(_of_held_kind(target, held), held, user)


def _kind(mechanism: Tree) -> str:
    return "email" if mechanism["type"] == "email" else "phone"


def _of_held_kind(
    target: Mapping[str, dict[str, Any]], held: Mapping[str, Tree]
) -> dict[str, dict[str, Any]]:
    """A number that is kept as a mobile one stays one."""
    return {
        key: {**values, "type": held[key]["type"]} if key in held else values
        for key, values in target.items()
    }


class Clients(Records):
    """Parties that are neither employees nor companies of ours."""

    model, fields, key = MODEL, FIELDS, "code"
    parts = {
        "addresses": "party.address",
        "identifiers": "party.identifier",
        "contact_mechanisms": "party.contact_mechanism",
    }

    def settle(self, rendered: Rendered) -> Rendered:
        """Where the hub knows nothing, what people there know stands."""
        values = {name: value for name, value in rendered.values.items() if value is not None}
        known = {path: value for path, value in rendered.attributes.items() if value is not None}
        return replace(rendered, values=values, attributes=known)

    def domain(self) -> list[Any]:
        """Everyone else's parties."""
        staff = self._parties("company.employee") | self._parties("company.company")
        return [["id", "not in", sorted(staff)]] if staff else []

    def _parties(self, model: str) -> set[int]:
        rows = self.server.call(model, "search_read", [], 0, None, None, ["party"], **ALL)
        return {row["party"] for row in rows}

    def flat(self, record: Tree) -> dict[str, Any]:
        """One party."""
        return flat(record, self.server.user)

    def is_active(self, record: Tree) -> bool:
        """Whether the party is used."""
        return bool(record["active"])

    def make(self, rendered: Rendered, message: Message) -> int:
        """Make the party, with an address at least: Tryton quotes nothing without one."""
        own = {"addresses": [["create", [{}]]], **values(rendered, None, self.names)}
        return self.add(self.model, {**own, "code": message.key})

    def change(self, held: Tree, rendered: Rendered, message: Message) -> None:
        """Write to a party."""
        self.write(self.model, held, values(rendered, held, self.names))

    def end(self, source_id: str, message: Message) -> None:
        """A party that is not used any more is inactive."""
        held = self.one(source_id)
        self.write(self.model, held, tree.differing({"active": False}, held))

    def replace(self, source_id: str, survivor: str, message: Message) -> None:
        """Tryton keeps by whom a party was replaced."""
        held = self.one(source_id)
        gone = {"active": False, "replaced_by": int(survivor)}
        self.write(self.model, held, tree.differing(gone, held))

    def erase(self, source_id: str, message: Message) -> None:
        """Nothing of the person stays but our code."""
        held = self.one(source_id)
        self.write(self.model, held, erased(held) | {"active": False})


def erased(party: Tree) -> dict[str, Any]:
    """What makes a party say nothing of the person any more."""

    def ids(name: str) -> list[int]:
        return [each["id"] for each in party.get(f"{name}.") or []]

    blank = {"street": None, "city": None, "postal_code": None, "active": False}
    commands: dict[str, list[Any]] = {
        "identifiers": [["delete", ids("identifiers")]],
        "contact_mechanisms": [["delete", ids("contact_mechanisms")]],
        "addresses": [["write", ids("addresses"), blank]],
    }
    return {"name": ERASED} | {name: each for name, each in commands.items() if each[0][1]}
