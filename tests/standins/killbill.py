"""A tenant of Kill Bill: accounts, their custom fields and audit logs.

Bodies are checked against Kill Bill's Swagger document. Once set, an account's external key,
currency, time zone and bill cycle day stay; no write is taken without saying who does it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import uuid4

from tests.standins import openapi
from tests.standins.server import SECRET, Call, Refusal, Reply, Standin, route

SPEC: Final = "killbill/accounts.yaml"
ACCOUNTS: Final = "/1.0/kb/accounts"
ACCOUNT: Final = f"{ACCOUNTS}/(?P<id>[0-9a-f-]{{36}})"
USER, PASSWORD, API_KEY = "assay", "a pass word", "firm"
PAGE: Final = 2  # accounts of a page, so that paging is met with few
FIXED: Final = ("externalKey", "currency", "timeZone", "billCycleDayLocal")
WHO: Final = "x-killbill-createdby"


class KillBill(Standin):
    """One tenant."""

    throttled: ClassVar[Reply] = Reply(503)
    unauthorised: ClassVar[Reply] = Reply(401)

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.fields: dict[str, list[dict[str, Any]]] = {}
        self.logs: dict[str, list[dict[str, Any]]] = {}

    # What its users do

    def change(self, identity: str, **values: Any) -> None:
        """A user changes an account."""
        self.table("accounts")[identity] |= values
        self._log(identity, "UPDATE", "finance")

    def add(self, **values: Any) -> str:
        """A user makes an account."""
        identity = str(uuid4())
        self.table("accounts")[identity] = {"accountId": identity, **values}
        self._log(identity, "INSERT", "finance")
        return identity

    def marks(self, identity: str) -> dict[str, str]:
        """The custom fields of an account by name."""
        return {field["name"]: field["value"] for field in self.fields.get(identity, [])}

    # The interface

    @route("POST", ACCOUNTS)
    def create(self, call: Call) -> Reply:
        self._admit(call)
        body = self._valid("Account", call.json)
        key = body.get("externalKey")
        if key and any(row["externalKey"] == key for row in self.table("accounts").values()):
            text = f"Account already exists for key {key}"
            raise _error(409, "billing.account.api.AccountApiException", 3000, text)
        self._parent(body)
        identity = str(uuid4())
        account = {"accountId": identity, "externalKey": key or identity, **body}
        self.table("accounts")[identity] = account
        self._log(identity, "INSERT", call.headers[WHO])
        return Reply(201, headers={"Location": f"{self.url}{ACCOUNTS}/{identity}"})

    @route("GET", ACCOUNTS)
    def by_key(self, call: Call) -> Reply:
        self._admit(call)
        key = call.query["externalKey"]
        found = [r for r in self.table("accounts").values() if r["externalKey"] == key]
        if not found:
            raise _unknown(f"for key {key}", 3002)
        return Reply(200, self._shown(found[0], call))

    @route("GET", f"{ACCOUNTS}/pagination")
    def page(self, call: Call) -> Reply:
        self._admit(call)
        start = int(call.query.get("offset", 0))
        rows = list(self.table("accounts").values())
        shown = [self._shown(row, call) for row in rows[start : start + PAGE]]
        return Reply(200, shown, {"X-Killbill-Pagination-TotalNbRecords": str(len(rows))})

    @route("GET", ACCOUNT)
    def get(self, call: Call) -> Reply:
        self._admit(call)
        return Reply(200, self._shown(self._found(call), call))

    @route("PUT", ACCOUNT)
    def update(self, call: Call) -> Reply:
        """What is absent stays; or with `treatNullAsReset` is emptied."""
        self._admit(call)
        account, body = self._found(call), self._valid("Account", call.json)
        reset = call.query.get("treatNullAsReset") == "true"
        for name in FIXED:
            held, said = account.get(name), body.get(name)
            if held is not None and said != held and (reset or said is not None):
                text = f"Killbill doesn't support updating the account {name} yet: " \
                       f"new={said}, current={held}"  # fmt: skip
                raise _error(400, "java.lang.IllegalArgumentException", None, text)
        self._parent(body)
        identity = account["accountId"]
        kept = {} if reset else account
        self.table("accounts")[identity] = {**kept, **body, "accountId": identity}
        self._log(identity, "UPDATE", call.headers[WHO])
        return Reply(204)

    @route("GET", f"{ACCOUNT}/customFields")
    def custom_fields(self, call: Call) -> Reply:
        self._admit(call)
        return Reply(200, self.fields.get(call.parts["id"], []))

    @route("POST", f"{ACCOUNT}/customFields")
    def add_fields(self, call: Call) -> Reply:
        self._admit(call)
        identity = self._found(call)["accountId"]
        for field in call.json:
            self._valid("CustomField", field)
            assert field["name"] not in self.marks(identity), "a second field of one name"
            made = {**field, "customFieldId": str(uuid4()), "objectId": identity,
                    "objectType": "ACCOUNT", "auditLogs": []}  # fmt: skip
            self.fields.setdefault(identity, []).append(made)
        return Reply(201, headers={"Location": f"{self.url}{call.path}"})

    @route("PUT", f"{ACCOUNT}/customFields")
    def change_fields(self, call: Call) -> Reply:
        self._admit(call)
        held = {f["customFieldId"]: f for f in self.fields[self._found(call)["accountId"]]}
        for field in call.json:
            self._valid("CustomField", field)
            held[field["customFieldId"]]["value"] = field["value"]
        return Reply(204)

    # The rules

    def _admit(self, call: Call) -> None:
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        tenant = (call.headers.get("x-killbill-apikey"), call.headers.get("x-killbill-apisecret"))
        if call.headers.get("authorization") != f"Basic {pair}" or tenant != (API_KEY, SECRET):
            raise Refusal(self.unauthorised)
        if call.method != "GET" and not call.headers.get(WHO):
            text = "Header X-Killbill-CreatedBy needs to be set"
            raise _error(400, "java.lang.IllegalArgumentException", None, text)

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
        full = call.query.get("audit") == "FULL"
        logs = self.logs[account["accountId"]] if full else []
        return {**account, "accountBalance": None, "accountCBA": None, "auditLogs": logs}

    @staticmethod
    def _valid(schema: str, body: Any) -> dict[str, Any]:
        given = {name: value for name, value in body.items() if value is not None}
        known = openapi.document(SPEC)["definitions"][schema]["properties"]
        wrong = [f"Unrecognized field {name}" for name in given if name not in known]
        wrong += openapi.faults(SPEC, schema, given)
        if wrong:
            kind = "com.fasterxml.jackson.databind.exc.InvalidFormatException"
            raise _error(400, kind, None, wrong[0][-200:])
        return given

    def _log(self, identity: str, kind: str, who: str) -> None:
        self.now += timedelta(minutes=1)
        log = {"changeType": kind, "changeDate": self.now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
               "objectType": "ACCOUNT", "objectId": identity, "changedBy": who}  # fmt: skip
        self.logs.setdefault(identity, []).append(log)


def _unknown(what: str, code: int) -> Refusal:
    kind = "billing.account.api.AccountApiException"
    return _error(404, kind, code, f"Account does not exist {what}")


def _error(status: int, kind: str, code: int | None, message: str) -> Refusal:
    return Refusal(Reply(status, {"className": f"org.killbill.{kind}" if code else kind,
                                  "code": code, "message": message, "causeClassName": None,
                                  "causeMessage": None, "stackTrace": []}))  # fmt: skip
