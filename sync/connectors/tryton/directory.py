"""What an administrator has set up in Tryton, found by name: the ids our records point to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from sync.connectors.faults import poison
from sync.connectors.tryton.rpc import Server

#: Kind -> model, the field that names it, and how a person calls it.
KINDS: Final = {
    "country": ("country.country", "code", "country"),
    "currency": ("currency.currency", "code", "currency"),
    "language": ("ir.lang", "code", "language"),
    "company": ("company.company", "party.name", "company"),
    "payment_term": ("account.invoice.payment_term", "name", "payment term"),
    "status": ("project.work.status", "name", "project status"),
    "recurrence": ("sale.subscription.recurrence.rule.set", "name", "recurrence rule set"),
    "service": ("sale.subscription.service", "product.name", "subscription service"),
    "unit": ("product.uom", "symbol", "unit of measure"),
}


class Directory:
    """Ids by name, asked for once while one run lasts."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._known: dict[tuple[str, str], int] = {}
        self._types: frozenset[str] | None = None
        self._currencies: dict[int, str] = {}

    def id(self, kind: str, name: str | None) -> int | None:
        """The id; nothing for no name. A name that Tryton does not know makes the record poison."""
        if not name:
            return None
        found = self._known.get((kind, name))
        if found is None:
            found = self._known[kind, name] = self._ask(kind, name)
        return found

    def of(self, kind: str) -> Any:
        """The same for one kind."""
        return partial(self.id, kind)

    def identifier_types(self) -> frozenset[str]:
        """The kinds of party identifiers that this Tryton knows: eu_vat, us_ein, ..."""
        if self._types is None:
            told = self._server.call("party.identifier", "get_types")
            self._types = frozenset(str(code) for code, _ in told if code)
        return self._types

    def currency_of(self, company: int) -> str:
        """The ISO code of a company's currency."""
        if company not in self._currencies:
            row = self._first("company.company", [["id", "=", company]], ["currency.code"])
            self._currencies[company] = row["currency."]["code"] if row else ""
        return self._currencies[company]

    @property
    def user(self) -> int:
        """Our own user's id."""
        return self._server.user

    def _ask(self, kind: str, name: str) -> int:
        model, field, called = KINDS[kind]
        row = self._first(model, [[field, "=", name]], ["rec_name"])
        if row is None:
            raise poison(f"Tryton has no {called} named {name!r}")
        return int(row["id"])

    def _first(self, model: str, domain: list[Any], fields: list[str]) -> Mapping[str, Any] | None:
        rows = self._server.call(model, "search_read", domain, 0, 1, [["id", "ASC"]], fields)
        return rows[0] if rows else None
