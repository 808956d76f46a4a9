"""A real Tryton for tests: one process a session, brought back to the same firm for each test."""

from __future__ import annotations

import http.client
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from mdm.tryton import installation, server
from mdm.tryton.firm import Administrator, Firm, furnish
from mdm.tryton.server import Running
from sync import egress
from sync.connectors.tryton.rpc import Account
from tests.standins.server import Call, Reply, Standin

FIRM: Final = Firm(
    companies={
        "Halden Marsh GmbH": "EUR",
        "Halden Marsh LLP": "GBP",
        "Halden Marsh Inc": "USD",
    },
    payment_terms={f"{days} days net": days for days in (14, 30, 45, 60)},
)
#: Models whose records tell whether a repeat had a second effect.
COUNTED: Final = (
    *("party.party", "party.address", "party.identifier", "party.contact_mechanism"),
    *("company.employee", "company.employee_cost_price", "project.work", "timesheet.work"),
    *("sale.sale", "sale.line", "sale.subscription", "sale.subscription.line"),
)
EVERYTHING: Final = {"active_test": False}


class Erp:
    """The running Tryton: a person's hands in it, and the account made for the hub."""

    def __init__(self, here: Running, hub: Account, admin: Administrator) -> None:
        self.here, self.hub, self.admin = here, hub, admin
        self._snapshot = here.database.with_suffix(".furnished")

    def keep(self) -> None:
        """Remember the firm as it is set up now.

        What the process makes once and remembers, such as its configuration, must be there by now.
        """
        _copy(self.here.database, self._snapshot)

    def restore(self) -> None:
        """Back to the firm as it was set up; the process goes on."""
        _copy(self._snapshot, self.here.database)

    def call(self, model: str, method: str, *arguments: Any, **context: Any) -> Any:
        """What a person there does."""
        return self.admin.call(model, method, *arguments, **context)

    def make(self, model: str, **values: Any) -> int:
        """A person there makes a record."""
        return self.admin.make(model, **values)

    def find(self, model: str, domain: list[Any], *fields: str) -> list[dict[str, Any]]:
        """Records with these fields, inactive ones too."""
        order = [["id", "ASC"]]
        found: list[dict[str, Any]] = self.call(
            model, "search_read", domain, 0, None, order, list(fields), **EVERYTHING
        )
        return found

    def one(self, model: str, domain: list[Any], *fields: str) -> dict[str, Any]:
        """The only such record."""
        [found] = self.find(model, domain, *fields)
        return found


def _copy(source: Path, target: Path) -> None:
    """SQLite's backup: connections that are open to the target survive it."""
    with sqlite3.connect(source) as here, sqlite3.connect(target) as there:
        here.backup(there)
    here.close()
    there.close()


@contextmanager
def erp(folder: Path) -> Iterator[Erp]:
    """Start one with the firm set up in it."""
    with server.running(installation.ensure(), folder) as here, egress.Client() as client:
        hub = furnish(here, FIRM, client)
        yield Erp(here, hub, Administrator(here, client))


class Between(Standin):
    """Stands between the hub and a real Tryton: counts calls by their method, and lets some fail.

    A call's path is `/` and its RPC method: `POST /model.party.party.create`.
    """

    def __init__(self, behind: Erp) -> None:
        self._behind = behind
        super().__init__()

    @property
    def address(self) -> str:
        """What the hub connects to."""
        return f"{self.url}{urlsplit(self._behind.here.url).path}"

    @property
    def tables(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What Tryton holds, by model and id."""
        return {
            model: {str(row["id"]): row for row in self._behind.find(model, [], "id")}
            for model in COUNTED
        }

    @tables.setter
    def tables(self, value: object) -> None:
        """Tryton keeps its own."""

    def take(self, call: Call) -> Reply | None:
        """Forward a call unless it is to fail."""
        said: Mapping[str, Any] = json.loads(call.body)
        way, name = {"path": call.path}, f"/{said['method']}"
        return super().take(Call(call.method, name, way, call.headers, call.body))

    def is_login(self, call: Call) -> bool:
        """Faults are for what comes after."""
        return call.path in {"/common.db.login", "/model.res.user.get_preferences"}

    def _answer(self, call: Call) -> Reply:
        target = urlsplit(self._behind.here.url)
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=30)
        try:
            kept = {n: v for n, v in call.headers.items() if n not in {"host", "connection"}}
            connection.request(call.method, call.query["path"], call.body, kept)
            answer = connection.getresponse()
            passed = {n: v for n, v in answer.getheaders() if n.lower() == "date"}
            return Reply(answer.status, answer.read(), passed)
        finally:
            connection.close()
