"""A tenant of Zuora: customer accounts, their bill-to contact, ZOQL, and idempotency keys.

A refusal has status 200 and `success: false`; the last two digits of a code say what kind it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
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
WHERE: Final = re.compile(
    r"SELECT (Id|Name), UpdatedDate FROM (Account|Subscription)"
    r"(?: WHERE (?:UpdatedDate >= '(.+)'|\1 = '([^']+)'))?"
)
TABLES: Final = {"Account": "accounts", "Subscription": "subscriptions"}
COLUMNS: Final = {"Id": "id", "Name": "subscriptionNumber"}


class Accounts(Standin):
    """A tenant's accounts."""

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
        self.write(self.table("accounts")[identity], values)

    def add(self, number: str, name: str, currency: str = "EUR") -> str:
        """A user makes an account."""
        identity = f"{len(self.table('accounts')) + 1:032x}"
        account = self.table("accounts")[identity] = {"id": identity}
        self.write(account, {"accountNumber": number, "name": name, "currency": currency,
                    "billToContact": {"firstName": "A", "lastName": "B"}})  # fmt: skip
        return identity

    # The interface

    @route("POST", "/oauth/token")
    def token(self, call: Call) -> Reply:
        return self.grant(call)

    @route("POST", ACCOUNTS)
    def create(self, call: Call) -> Reply:
        self.bearer(call)
        self.strict(call, FIELDS)
        return self.once(call, self._make)

    @route("GET", f"{ACCOUNTS}/(?P<which>[^/]+)")
    def get(self, call: Call) -> Reply:
        self.bearer(call)
        account = self.account(call.parts["which"])
        grouped = {"billToContact", "UpdatedDate", *BILLING}
        return Reply(200, {
            "basicInfo": {n: v for n, v in account.items() if n not in grouped},
            "billingAndPayment": {n: account.get(n) for n in BILLING},
            "billToContact": {"id": "c", **account["billToContact"]}, "success": True,
        })  # fmt: skip

    @route("PUT", f"{ACCOUNTS}/(?P<which>[^/]+)")
    def update(self, call: Call) -> Reply:
        self.bearer(call)
        self.strict(call, FIELDS)
        account, body = self.account(call.parts["which"]), call.json
        self._check(body)
        if "currency" in body:
            raise no(RULE, "The currency of an account cannot be changed.")
        self.write(account, body)
        return Reply(200, {"success": True})

    @route("POST", "/v1/action/query")
    def query(self, call: Call) -> Reply:
        self.bearer(call)
        asked = WHERE.fullmatch(call.json["queryString"])
        assert asked is not None
        column, table, since, one = asked.groups()
        held = self.table(TABLES[table]).values()
        rows = [{column: r[COLUMNS[column]], "UpdatedDate": r["UpdatedDate"]} for r in held]
        if since:
            moment = datetime.fromisoformat(since)
            rows = [r for r in rows if datetime.fromisoformat(r["UpdatedDate"]) >= moment]
        rows = [r for r in rows if one in (None, r[column])]
        return self._page(rows[::-1])  # in no order

    @route("POST", "/v1/action/queryMore")
    def query_more(self, call: Call) -> Reply:
        self.bearer(call)
        return self._page(self.queries.pop(call.json["queryLocator"]))

    @staticmethod
    def strict(call: Call, known: Collection[str]) -> None:
        """Unknown fields are left out in silence, unless the caller has them refused."""
        if unknown := sorted(set(call.json) - set(known)):
            assert call.headers.get("rejectunknownfields") == "true", unknown
            raise Refusal(Reply(400, {"message": "Error - unrecognised fields"}))

    def once(self, call: Call, make: Callable[[Mapping[str, Any]], Reply]) -> Reply:
        """An answer is kept by its key and given again; a key with another body is refused."""
        key = call.headers.get("idempotency-key", "")
        if key in self.kept:
            body, reply = self.kept[key]
            return reply if body == call.body else Reply(422, {"success": False, "reasons": []})
        try:
            reply = make(call.json)
        except Refusal as refusal:
            reply = refusal.reply
        if key:
            self.kept[key] = (call.body, reply)
        return reply

    def _page(self, rows: list[dict[str, Any]]) -> Reply:
        answer: dict[str, Any] = {"records": rows[:PAGE], "size": len(rows), "done": True}
        if len(rows) > PAGE:
            locator = f"locator-{len(self.calls)}"
            self.queries[locator] = rows[PAGE:]
            answer |= {"done": False, "queryLocator": locator}
        return Reply(200, answer)

    # The rules

    def _make(self, body: Mapping[str, Any]) -> Reply:
        self._check(body)
        contact = body.get("billToContact") or {}
        given = {**body, **contact}
        for name in ("name", "currency", "billToContact", "firstName", "lastName"):
            if not given.get(name):
                raise no(LACKING, f"Missing required value for {name}")
        rows = self.table("accounts")
        if any(r["accountNumber"] == body.get("accountNumber") for r in rows.values()):
            raise no(RULE, "The account number already exists.")
        identity = f"{len(rows) + 1:032x}"
        account = rows[identity] = {"id": identity}
        self.write(account, body)
        return Reply(200, {"success": True, "accountId": identity,
                           "accountNumber": body["accountNumber"]})  # fmt: skip

    def _check(self, body: Mapping[str, Any]) -> None:
        contact = body.get("billToContact") or {}
        for name in set(contact) - CONTACT:
            raise no(UNKNOWN, f"Unknown field {name}")
        if any(value is not None and not isinstance(value, str) for value in contact.values()):
            raise no(INVALID, "A contact's fields are text")
        email = contact.get("workEmail")
        if email and not re.fullmatch(r"[^@]+@[^@]+\.[^@]+", email):
            raise no(INVALID, f"{email} is no email address")
        if (parent := body.get("parentId")) and parent not in self.table("accounts"):
            raise no(NOT_FOUND, f"Cannot find entity by key: {parent}")

    def account(self, which: str) -> dict[str, Any]:
        for account in self.table("accounts").values():
            if which in (account["id"], account["accountNumber"]):
                return account
        raise no(NOT_FOUND, f"Cannot find entity by key: {which}")

    def write(self, account: dict[str, Any], body: Mapping[str, Any]) -> None:
        contact = {**account.get("billToContact", {}), **(body.get("billToContact") or {})}
        account |= {**body, "billToContact": contact, "UpdatedDate": self.stamp()}

    def stamp(self) -> str:
        """A minute later."""
        self.now += timedelta(minutes=1)
        return self.now.isoformat("T", "milliseconds")


def no(kind: int, message: str) -> Refusal:
    reasons = [{"code": 53100000 + kind, "message": message}]
    return Refusal(Reply(200, {"success": False, "processId": "p", "reasons": reasons}))
