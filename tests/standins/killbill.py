"""A tenant of Kill Bill: accounts, and what is billed to them.

Once set, an account's external key, currency, time zone and bill cycle day stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from tests.standins.killbill_billing import Billing
from tests.standins.killbill_tenant import ID, ROOT, WHO, error, wrong
from tests.standins.server import Call, Refusal, Reply, route

ACCOUNTS: Final = f"{ROOT}/accounts"
ACCOUNT: Final = f"{ACCOUNTS}/{ID}"
FIXED: Final = ("externalKey", "currency", "timeZone", "billCycleDayLocal")


class KillBill(Billing):
    """One tenant."""

    # What its users do

    def change(self, identity: str, **values: Any) -> None:
        """A user changes an account."""
        self.table("accounts")[identity] |= values
        self.log(identity, "UPDATE", "finance")

    def add(self, **values: Any) -> str:
        """A user makes an account."""
        identity = str(uuid4())
        self.table("accounts")[identity] = {"accountId": identity, **values}
        self.log(identity, "INSERT", "finance")
        return identity

    # The interface

    @route("POST", ACCOUNTS)
    def create(self, call: Call) -> Reply:
        self.admit(call)
        body = self.valid("Account", call.json)
        key = body.get("externalKey")
        if key and any(row["externalKey"] == key for row in self.table("accounts").values()):
            text = f"Account already exists for key {key}"
            raise error(409, "billing.account.api.AccountApiException", 3000, text)
        self._parent(body)
        identity = str(uuid4())
        account = {"accountId": identity, "externalKey": key or identity, **body}
        self.table("accounts")[identity] = account
        self.log(identity, "INSERT", call.headers[WHO])
        return Reply(201, headers={"Location": f"{self.url}{ACCOUNTS}/{identity}"})

    @route("GET", ACCOUNTS)
    def by_key(self, call: Call) -> Reply:
        self.admit(call)
        key = call.query["externalKey"]
        found = [r for r in self.table("accounts").values() if r["externalKey"] == key]
        if not found:
            raise _unknown(f"for key {key}", 3002)
        return Reply(200, self._shown(found[0], call))

    @route("GET", f"{ACCOUNTS}/pagination")
    def accounts(self, call: Call) -> Reply:
        self.admit(call)
        return self.page(call, [self._shown(r, call) for r in self.table("accounts").values()])

    @route("GET", ACCOUNT)
    def get(self, call: Call) -> Reply:
        self.admit(call)
        return Reply(200, self._shown(self._found(call), call))

    @route("PUT", ACCOUNT)
    def update(self, call: Call) -> Reply:
        """What is absent stays; or with `treatNullAsReset` is emptied."""
        self.admit(call)
        account, body = self._found(call), self.valid("Account", call.json)
        reset = call.query.get("treatNullAsReset") == "true"
        for name in FIXED:
            held, said = account.get(name), body.get(name)
            if held is not None and said != held and (reset or said is not None):
                raise wrong(f"Killbill doesn't support updating the account {name} yet: "
                            f"new={said}, current={held}")  # fmt: skip
        self._parent(body)
        identity = account["accountId"]
        kept = {} if reset else account
        self.table("accounts")[identity] = {**kept, **body, "accountId": identity}
        self.log(identity, "UPDATE", call.headers[WHO])
        return Reply(204)

    # The rules

    def _found(self, call: Call) -> dict[str, Any]:
        identity = call.parts["id"]
        if identity not in self.table("accounts"):
            raise _unknown(f"for id {identity}", 3001)
        return self.table("accounts")[identity]

    def _parent(self, body: Mapping[str, Any]) -> None:
        parent = body.get("parentAccountId")
        if parent and parent not in self.table("accounts"):
            raise _unknown(f"for id {parent}", 3001)

    def _shown(self, account: Mapping[str, Any], call: Call) -> dict[str, Any]:
        logs = self.audited(account["accountId"], call)
        return {**account, "accountBalance": None, "accountCBA": None, "auditLogs": logs}


def _unknown(what: str, code: int) -> Refusal:
    kind = "billing.account.api.AccountApiException"
    return error(404, kind, code, f"Account does not exist {what}")
