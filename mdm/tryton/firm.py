"""What an administrator sets up in Tryton before the hub is connected; docs/connectors.md says so.

Companies, currencies, countries, payment terms, recurrences, one service to bill, and a user for
the hub with the rights it needs and no more.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pycountry

from mdm.tryton.server import Running
from sync import egress
from sync.connectors.tryton.rpc import Account, Server

USERNAME: Final = "assay"
GROUPS: Final = (
    "Party Administration",
    "Company Administration",
    "Employee Administration",
    "Project Administration",
    "Timesheet Administration",
    "Sales",
    "Sales Administrator",
    "Accounting",
)
RECURRENCES: Final = {
    "Daily": ("daily", 1),
    "Weekly": ("weekly", 1),
    "Biweekly": ("weekly", 2),
    "Monthly": ("monthly", 1),
    "Bimonthly": ("monthly", 2),
    "Quarterly": ("monthly", 3),
    "Semiannual": ("monthly", 6),
    "Yearly": ("yearly", 1),
}
AT_ONCE: Final = 50  # records of a call, which has seconds to answer
CURRENCIES: Final = {"EUR": "Euro", "GBP": "Pound sterling", "USD": "US dollar"}


@dataclass(frozen=True, slots=True)
class Firm:
    """Company -> its currency, payment term -> days net."""

    companies: Mapping[str, str]
    payment_terms: Mapping[str, int] = field(default_factory=dict)
    service: str = "Professional services"


def furnish(here: Running, firm: Firm, client: egress.Client) -> Account:
    """Set Tryton up for the firm; returns the hub's account."""
    admin = Administrator(here, client)
    currencies = {code: admin.make("currency.currency", name=name, code=code, symbol=code)
                  for code, name in CURRENCIES.items()}  # fmt: skip
    every = [{"code": each.alpha_2, "name": each.name} for each in pycountry.countries]
    for start in range(0, len(every), AT_ONCE):
        admin.call("country.country", "create", every[start : start + AT_ONCE])
    companies = [
        admin.make("company.company", party=admin.make("party.party", name=name),
                   currency=currencies[currency])
        for name, currency in firm.companies.items()
    ]  # fmt: skip
    for name, days in firm.payment_terms.items():
        delta = [["create", [{"days": days}]]]
        line = {"type": "remainder", "relativedeltas": delta}
        admin.make("account.invoice.payment_term", name=name, lines=[["create", [line]]])
    _billing(admin, firm.service)
    everywhere = {"companies": [["add", companies]], "company": companies[0]}
    admin.call("res.user", "write", [1], {**everywhere, "company_filter": "all"})
    admin.server.forget()  # the session does not know of the companies yet
    return _hub(admin, here, companies)


def _billing(admin: Administrator, service: str) -> None:
    for name, (frequency, interval) in RECURRENCES.items():
        rule = {"freq": frequency, "interval": interval}
        admin.make("sale.subscription.recurrence.rule.set", name=name, rules=[["create", [rule]]])
    unit = admin.call("product.uom", "search", [["symbol", "=", "u"]], 0, 1, None)[0]
    template = admin.make("product.template", name=service, type="service", default_uom=unit,
                          salable=True, sale_uom=unit)  # fmt: skip
    found = admin.call("product.product", "search", [["template", "=", template]], 0, 1, None)
    product = found[0] if found else admin.make("product.product", template=template)
    admin.make("sale.subscription.service", product=product)


def _hub(admin: Administrator, here: Running, companies: Sequence[int]) -> Account:
    """A user that is no administrator; it may read the log of modifications, to know its own."""
    groups = admin.call("res.group", "search", [["name", "in", list(GROUPS)]], 0, None, None)
    access = {"model": "ir.model.log", "perm_read": True, "perm_write": False,
              "perm_create": False, "perm_delete": False}  # fmt: skip
    own = admin.make("res.group", name="Assay", model_access=[["create", [access]]])
    password = secrets.token_urlsafe(18)
    admin.make(
        "res.user", name="Assay", login=USERNAME, password=password,
        groups=[["add", [*groups, own]]], companies=[["add", list(companies)]],
        company=companies[0], company_filter="all",
    )  # fmt: skip
    return Account(f"{here.url} {USERNAME}", USERNAME, password)


class Administrator:
    """The administrator's hands."""

    def __init__(self, here: Running, client: egress.Client) -> None:
        who = Account(f"{here.url} {here.username}", here.username, here.password)
        self.server = Server(here.url, who, client)

    def call(self, model: str, method: str, *arguments: Any, **context: Any) -> Any:
        """Call a method of a model."""
        return self.server.call(model, method, *arguments, **context)

    def make(self, model: str, **values: Any) -> int:
        """Create one record."""
        return int(self.call(model, "create", [values])[0])
