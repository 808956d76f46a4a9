"""What every resource of Kill Bill shares: who may ask, bodies, audit logs, custom fields.

Bodies are checked against Kill Bill's Swagger document; no write is taken without saying who does
it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import uuid4

from tests.standins import openapi
from tests.standins.server import SECRET, Call, Refusal, Reply, Standin, route

SPEC: Final = "killbill/definitions.yaml"
ROOT: Final = "/1.0/kb"
ID: Final = "(?P<id>[0-9a-f-]{36})"
USER, PASSWORD, API_KEY = "assay", "a pass word", "firm"
PAGE: Final = 2  # records of a page, so that paging is met with few
WHO: Final = "x-killbill-createdby"
OBJECTS: Final = {"accounts": "ACCOUNT", "bundles": "BUNDLE", "subscriptions": "SUBSCRIPTION"}
FIELDS: Final = f"{ROOT}/(?P<kind>accounts|bundles|subscriptions)/{ID}/customFields"


class Tenant(Standin):
    """A tenant with nothing in it yet."""

    throttled: ClassVar[Reply] = Reply(503)
    unauthorised: ClassVar[Reply] = Reply(401)

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.fields: dict[str, list[dict[str, Any]]] = {}
        self.logs: dict[str, list[dict[str, Any]]] = {}

    def marks(self, identity: str) -> dict[str, str]:
        """The custom fields of a record by name."""
        return {field["name"]: field["value"] for field in self.fields.get(identity, [])}

    # Custom fields

    @route("GET", FIELDS)
    def custom_fields(self, call: Call) -> Reply:
        self.admit(call)
        return Reply(200, [self._field(f, call) for f in self.fields.get(call.parts["id"], [])])

    @route("GET", f"{ROOT}/customFields/pagination")
    def all_fields(self, call: Call) -> Reply:
        self.admit(call)
        return self.page(
            call, [self._field(f, call) for held in self.fields.values() for f in held]
        )

    @route("POST", FIELDS)
    def add_fields(self, call: Call) -> Reply:
        self.admit(call)
        kind, identity = call.parts["kind"], call.parts["id"]
        assert identity in self.table(kind)
        for field in call.json:
            self.valid("CustomField", field)
            assert field["name"] not in self.marks(identity), "a second field of one name"
            assert field["value"], "a field without a value"
            made = {**field, "customFieldId": str(uuid4()), "objectId": identity,
                    "objectType": OBJECTS[kind]}  # fmt: skip
            self.fields.setdefault(identity, []).append(made)
            self.log(made["customFieldId"], "INSERT", call.headers[WHO], "CUSTOM_FIELD")
        return Reply(201, headers={"Location": f"{self.url}{call.path}"})

    @route("PUT", FIELDS)
    def change_fields(self, call: Call) -> Reply:
        self.admit(call)
        held = {f["customFieldId"]: f for f in self.fields[call.parts["id"]]}
        for field in call.json:
            self.valid("CustomField", field)
            held[field["customFieldId"]]["value"] = field["value"]
            self.log(field["customFieldId"], "UPDATE", call.headers[WHO], "CUSTOM_FIELD")
        return Reply(204)

    @route("DELETE", FIELDS)
    def delete_fields(self, call: Call) -> Reply:
        self.admit(call)
        gone, identity = call.values["customField"], call.parts["id"]
        self.fields[identity] = [f for f in self.fields[identity] if f["customFieldId"] not in gone]
        return Reply(204)

    def _field(self, field: Mapping[str, Any], call: Call) -> dict[str, Any]:
        return {**field, "auditLogs": self.audited(field["customFieldId"], call)}

    # The rules

    def admit(self, call: Call) -> None:
        """Refuse who is not who they say, and who writes without saying."""
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        tenant = (call.headers.get("x-killbill-apikey"), call.headers.get("x-killbill-apisecret"))
        if call.headers.get("authorization") != f"Basic {pair}" or tenant != (API_KEY, SECRET):
            raise Refusal(self.unauthorised)
        if call.method != "GET" and not call.headers.get(WHO):
            raise wrong("Header X-Killbill-CreatedBy needs to be set")

    def page(self, call: Call, rows: list[dict[str, Any]]) -> Reply:
        """A few of the rows."""
        start = int(call.query.get("offset", 0))
        total = {"X-Killbill-Pagination-TotalNbRecords": str(len(rows))}
        return Reply(200, rows[start : start + PAGE], total)

    @staticmethod
    def valid(schema: str, body: Any) -> dict[str, Any]:
        """The body without what it leaves empty, if it is as the Swagger document says."""
        given = {name: value for name, value in body.items() if value is not None}
        known = openapi.document(SPEC)["definitions"][schema]["properties"]
        amiss = [f"Unrecognized field {name}" for name in given if name not in known]
        amiss += openapi.faults(SPEC, schema, given)
        if amiss:
            kind = "com.fasterxml.jackson.databind.exc.InvalidFormatException"
            raise error(400, kind, None, amiss[0][-200:])
        return given

    def log(self, identity: str, change: str, who: str, kind: str = "ACCOUNT") -> None:
        """An entry of the audit log; time goes on."""
        self.now += timedelta(minutes=1)
        entry = {"changeType": change, "changeDate": stamp(self.now), "objectType": kind,
                 "objectId": identity, "changedBy": who}  # fmt: skip
        self.logs.setdefault(identity, []).append(entry)

    def audited(self, identity: str, call: Call) -> list[dict[str, Any]]:
        """The audit log of a record, for who asks for it."""
        return self.logs.get(identity, []) if call.query.get("audit") == "FULL" else []


def stamp(moment: datetime) -> str:
    """An instant as Kill Bill writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def wrong(message: str) -> Refusal:
    """What was asked makes no sense."""
    return error(400, "java.lang.IllegalArgumentException", None, message)


def error(status: int, kind: str, code: int | None, message: str) -> Refusal:
    """A refusal in Kill Bill's words."""
    return Refusal(Reply(status, {"className": f"org.killbill.{kind}" if code else kind,
                                  "code": code, "message": message, "causeClassName": None,
                                  "causeMessage": None, "stackTrace": []}))  # fmt: skip
