"""A tenant of Zuora: customer accounts, their bill-to contact, ZOQL, and idempotency keys.

A refusal has status 200 and `success: false`; the last two digits of a code say what kind it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from tests.standins.server import Call, Refusal, Reply, Standin, route

ACCOUNTS: Final = "/v1/accounts"
PAGE: Final = 2
CONTACT: Final = {"firstName", "lastName", "workEmail", "workPhone", "address1", "address2",
                  "city", "state", "zipCode", "country"}  # fmt: skip
FIELDS: Final = {"name", "accountNumber", "currency", "paymentTerm", "parentId", "billToContact",
                 "golden_id__c", "golden_status__c"}  # fmt: skip
BILLING: Final = ("currency", "paymentTerm")
INVALID, UNKNOWN, LACKING, RULE, NOT_FOUND = 20, 21, 22, 30, 40
NAMED: Final = {"Id": "id", "UpdatedDate": "UpdatedDate"}
BY_ID: Final = re.compile(r"SELECT Id, UpdatedDate FROM Account WHERE Id = '(\w+)'")
WHERE: Final = re.compile(r"SELECT Id, UpdatedDate FROM Account(?: WHERE UpdatedDate >= '(.+)')?")


class Zuora(Standin):
    """One tenant."""

    throttled: ClassVar[Reply] = Reply(
        429,
        {"success": False, "reasons": [{"code": 50000070, "message": "Too many requests"}]},
        {"RateLimit-Limit": "50", "RateLimit-Remaining": "0", "RateLimit-Reset": "900"},
    )

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.kept: dict[str, tuple[bytes, Reply]] = {}
        self.queries: dict[str, list[dict[str, Any]]] = {}

    # What its users do

    def change(self, identity: str, **values: Any) -> None:
        """A user changes an account."""
        self._write(self.table("accounts")[identity], values)

    def add(self, number: str, name: str, currency: str = "EUR") -> str:
        """A user makes an account."""
        identity = f"{len(self.table('accounts')) + 1:032x}"
        account = self.table("accounts")[identity] = {"id": identity}
        self._write(account, {"accountNumber": number, "name": name, "currency": currency,
                    "billToContact": {"firstName": "A", "lastName": "B"}})  # fmt: skip
        return identity

    # The interface

    @route("POST", "/oauth/token")
    def token(self, call: Call) -> Reply:
        return self.grant(call)

    @route("POST", ACCOUNTS)
    def create(self, call: Call) -> Reply:
        """An answer is kept by its key and given again; a key with another body is refused."""
        self.bearer(call)
        key = call.headers.get("idempotency-key", "")
        if key in self.kept:
            body, reply = self.kept[key]
            return reply if body == call.body else Reply(422, {"success": False, "reasons": []})
        reply = self._make(call.json)
        if key:
            self.kept[key] = (call.body, reply)
        return reply

    @route("GET", f"{ACCOUNTS}/(?P<which>[^/]+)")
    def get(self, call: Call) -> Reply:
        self.bearer(call)
        account = self._found(call.parts["which"])
        grouped = {"billToContact", "UpdatedDate", *BILLING}
        return Reply(200, {
            "basicInfo": {n: v for n, v in account.items() if n not in grouped},
            "billingAndPayment": {n: account.get(n) for n in BILLING},
            "billToContact": {"id": "c", **account["billToContact"]}, "success": True,
        })  # fmt: skip

    @route("PUT", f"{ACCOUNTS}/(?P<which>[^/]+)")
    def update(self, call: Call) -> Reply:
        self.bearer(call)
        account, body = self._found(call.parts["which"]), call.json
        self._check(body)
        if "currency" in body:
            raise _no(RULE, "The currency of an account cannot be changed.")
        self._write(account, body)
        return Reply(200, {"success": True})

    @route("POST", "/v1/action/query")
    def query(self, call: Call) -> Reply:
        self.bearer(call)
        if one := BY_ID.fullmatch(call.json["queryString"]):
            found = self.table("accounts").get(one[1])
            return self._page([{n: found[k] for n, k in NAMED.items()}] if found else [])
        asked = WHERE.fullmatch(call.json["queryString"])
        assert asked is not None
        since = datetime.fromisoformat(asked[1]) if asked[1] else None
        rows = [{n: r[k] for n, k in NAMED.items()}
                for r in self.table("accounts").values()
                if since is None or datetime.fromisoformat(r["UpdatedDate"]) >= since]  # fmt: skip
        return self._page(rows[::-1])  # in no order

    @route("POST", "/v1/action/queryMore")
    def query_more(self, call: Call) -> Reply:
        self.bearer(call)
        return self._page(self.queries.pop(call.json["queryLocator"]))

    def _page(self, rows: list[dict[str, Any]]) -> Reply:
        answer: dict[str, Any] = {"records": rows[:PAGE], "size": len(rows), "done": True}
        if len(rows) > PAGE:
            locator = f"locator-{len(self.calls)}"
            self.queries[locator] = rows[PAGE:]
            answer |= {"done": False, "queryLocator": locator}
        return Reply(200, answer)

    # The rules

    def _make(self, body: Mapping[str, Any]) -> Reply:
        try:
            self._check(body)
            contact = body.get("billToContact") or {}
            given = {**body, **contact}
            for name in ("name", "currency", "billToContact", "firstName", "lastName"):
                if not given.get(name):
                    raise _no(LACKING, f"Missing required value for {name}")
            rows = self.table("accounts")
            if any(r["accountNumber"] == body.get("accountNumber") for r in rows.values()):
                raise _no(RULE, "The account number already exists.")
        except Refusal as refusal:
            return refusal.reply
        identity = f"{len(rows) + 1:032x}"
        account = rows[identity] = {"id": identity}
        self._write(account, body)
        return Reply(200, {"success": True, "accountId": identity,
                           "accountNumber": body["accountNumber"]})  # fmt: skip

    def _check(self, body: Mapping[str, Any]) -> None:
        contact = body.get("billToContact") or {}
        for name in [*(set(body) - FIELDS), *(set(contact) - CONTACT)]:
            raise _no(UNKNOWN, f"Unknown field {name}")
        if any(value is not None and not isinstance(value, str) for value in contact.values()):
            raise _no(INVALID, "A contact's fields are text")
        email = contact.get("workEmail")
        if email and not re.fullmatch(r"[^@]+@[^@]+\.[^@]+", email):
            raise _no(INVALID, f"{email} is no email address")
        if (parent := body.get("parentId")) and parent not in self.table("accounts"):
            raise _no(NOT_FOUND, f"Cannot find entity by key: {parent}")

    def _found(self, which: str) -> dict[str, Any]:
        for account in self.table("accounts").values():
            if which in (account["id"], account["accountNumber"]):
                return account
        raise _no(NOT_FOUND, f"Cannot find entity by key: {which}")

    def _write(self, account: dict[str, Any], body: Mapping[str, Any]) -> None:
        contact = {**account.get("billToContact", {}), **(body.get("billToContact") or {})}
        self.now += timedelta(minutes=1)
        stamp = self.now.isoformat("T", "milliseconds")
        account |= {**body, "billToContact": contact, "UpdatedDate": stamp}


def _no(kind: int, message: str) -> Refusal:
    reasons = [{"code": 53100000 + kind, "message": message}]
    return Refusal(Reply(200, {"success": False, "processId": "p", "reasons": reasons}))
