"""An account of NetSuite's REST record service: its records, its references, its query language.

Property names and types follow the published record browser; properties spelled wrongly are
refused when the caller asks for that. The idempotency header means nothing to synchronous calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final

from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT

from tests.standins.server import CLIENT, Call, Refusal, Reply, Standin, route

RECORDS: Final = "/services/rest/record/v1"
DAWN: Final = datetime(2026, 1, 1, tzinfo=UTC)
PAGE: Final = 2  # rows of a query, so that paging is met with few
REFERENCE, TEXT, NUMBER, DATE, BOOLEAN, LIST = "reference", "text", "number", "date", "bool", "list"
_ENTITY: Final = {
    "entityId": TEXT, "isInactive": BOOLEAN, "subsidiary": REFERENCE, "currency": REFERENCE,
    "email": TEXT, "phone": TEXT, "externalId": TEXT, "custentity_golden_id": TEXT,
}  # fmt: skip
PROPERTIES: Final[dict[str, dict[str, str]]] = {
    "customer": {
        **_ENTITY, "companyName": TEXT, "isPerson": BOOLEAN, "parent": REFERENCE,
        "entityStatus": REFERENCE, "url": TEXT, "salesRep": REFERENCE, "terms": REFERENCE,
        "creditLimit": NUMBER, "vatRegNumber": TEXT, "addressBook": LIST,
    },
    "employee": {
        **_ENTITY, "firstName": TEXT, "lastName": TEXT, "title": TEXT, "accountNumber": TEXT,
        "employeeStatus": REFERENCE, "supervisor": REFERENCE, "hireDate": DATE,
        "releaseDate": DATE, "isJobResource": BOOLEAN,
    },
    "job": {
        **_ENTITY, "companyName": TEXT, "parent": REFERENCE, "entityStatus": REFERENCE,
        "jobBillingType": REFERENCE, "startDate": DATE, "endDate": DATE,
        "projectedEndDate": DATE, "jobPrice": NUMBER, "estimatedCost": NUMBER,
        "estimatedTime": NUMBER, "billingRateCard": REFERENCE, "allowTime": BOOLEAN,
        "allowExpenses": BOOLEAN,
    },
    "salesOrder": {
        "externalId": TEXT, "custbody_golden_id": TEXT, "entity": REFERENCE, "memo": TEXT,
        "tranId": TEXT, "otherRefNum": TEXT, "orderStatus": REFERENCE, "startDate": DATE,
        "endDate": DATE, "terms": REFERENCE, "subsidiary": REFERENCE, "currency": REFERENCE,
        "item": LIST,
    },
    "billingRateCard": {
        "externalId": TEXT, "name": TEXT, "isInactive": BOOLEAN, "price": LIST,
    },
    "billingSchedule": {
        "externalId": TEXT, "name": TEXT, "isInactive": BOOLEAN, "scheduleType": REFERENCE,
        "frequency": REFERENCE, "numberRemaining": NUMBER, "seriesStartDate": DATE,
        "billForActuals": BOOLEAN, "project": REFERENCE, "transaction": REFERENCE,
        "milestone": LIST,
    },
}  # fmt: skip
REQUIRED: Final = {
    "customer": ["companyName"], "employee": ["entityId"], "job": ["companyName", "parent"],
    "salesOrder": ["entity", "item"], "billingRateCard": ["name"],
    "billingSchedule": ["name", "scheduleType"],
}  # fmt: skip
POINTS: Final = {"parent": "customer", "entity": "customer", "supervisor": "employee",
                 "salesRep": "employee", "project": "job", "transaction": "salesOrder",
                 "billingRateCard": "billingRateCard"}  # fmt: skip
TABLES: Final = {"customer": "customer", "employee": "employee", "job": "job",
                 "transaction": "salesOrder"}  # fmt: skip
SHAPES: Final[dict[str, Callable[[Any], bool]]] = {
    TEXT: lambda value: isinstance(value, str),
    BOOLEAN: lambda value: isinstance(value, bool),
    NUMBER: lambda value: isinstance(value, int | Decimal),
    DATE: lambda value: bool(re.fullmatch(r"\d{4}-\d\d-\d\d", str(value))),
    LIST: lambda value: isinstance(value["items"], list),
}
QUERY: Final = re.compile(
    r"SELECT id, TO_CHAR\(lastmodifieddate, '[^']+'\) AS modified FROM (\w+)(?: WHERE (.*))?"
    r" ORDER BY lastmodifieddate, id"
)
SINCE: Final = re.compile(r"lastmodifieddate >= TO_DATE\('([^']+)', '[^']+'\)")
AFTER: Final = re.compile(
    r"\(lastmodifieddate > TO_DATE\('([^']+)', '[^']+'\) OR .* AND id > (\d+)\)\)"
)


class NetSuite(Standin):
    """One account."""

    throttled: ClassVar[Reply] = Reply(
        429,
        {"title": "Too Many Requests", "status": 429, "o:errorDetails": [
            {"detail": "Concurrent request limit exceeded.",
             "o:errorCode": "CONCURRENCY_LIMIT_EXCEEDED"}]},
    )  # fmt: skip
    unauthorised: ClassVar[Reply] = Reply(
        401,
        {"title": "Unauthorized", "status": 401, "o:errorDetails": [
            {"detail": "Invalid login attempt.", "o:errorCode": "INVALID_LOGIN"}]},
    )  # fmt: skip

    def __init__(self, key: JWK | None = None) -> None:
        super().__init__()
        self.now, self._made = DAWN, 640
        self.certificate = key

    # What its users do

    def change(self, kind: str, identity: str, **values: Any) -> None:
        """A user changes a record."""
        self.table(kind)[identity] |= {**values, "lastModifiedDate": self._tick()}

    def _tick(self) -> str:
        self.now += timedelta(minutes=1)
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    # The interface

    @route("POST", "/services/rest/auth/oauth2/v1/token")
    def token(self, call: Call) -> Reply:
        """A token for a statement signed by the key of the certificate that is on file."""
        try:
            assert self.certificate is not None
            signed = JWT(jwt=call.form["client_assertion"], key=self.certificate,
                         algs=["PS256"], check_claims={"iss": CLIENT})  # fmt: skip
        except Exception:
            return Reply(400, {"error": "invalid_client"})
        assert '"kid":"cert-1"' in signed.header.replace(" ", "")
        token = f"token-{len(self.calls)}"
        self.tokens = {token}
        return Reply(200, {"access_token": token, "token_type": "bearer", "expires_in": "3600"})

    @route("GET", f"{RECORDS}/(?P<kind>[A-Za-z]+)")
    def collection(self, call: Call) -> Reply:
        self.bearer(call)
        kind = self._kind(call)
        rows = list(self.table(kind).values())
        if asked := call.query.get("q"):
            field, value = re.fullmatch(r'(\w+) IS "([^"]*)"', asked).groups()  # type: ignore[union-attr]
            rows = [row for row in rows if row.get(field) == value]
        start = int(call.query.get("offset", 0))
        items = [{"id": row["id"], "links": []} for row in rows[start : start + PAGE]]
        more = start + PAGE < len(rows)
        return Reply(200, {"items": items, "hasMore": more, "count": len(items),
                           "offset": start, "totalResults": len(rows), "links": []})  # fmt: skip

    @route("GET", f"{RECORDS}/(?P<kind>[A-Za-z]+)/(?P<which>[^/]+)")
    def get(self, call: Call) -> Reply:
        self.bearer(call)
        record = self._found(self._kind(call), call.parts["which"])
        return Reply(200, record)

    @route("POST", f"{RECORDS}/(?P<kind>[A-Za-z]+)")
    def post(self, call: Call) -> Reply:
        self.bearer(call)
        return self._make(self._kind(call), call, call.json)

    @route("PUT", f"{RECORDS}/(?P<kind>[A-Za-z]+)/(?P<which>eid:[^/]+)")
    def put(self, call: Call) -> Reply:
        """Upsert by external id."""
        self.bearer(call)
        kind, key = self._kind(call), call.parts["which"].removeprefix("eid:")
        if not re.fullmatch(r"[A-Za-z0-9_-]+", key):
            raise _error(400, "USER_ERROR", f"{key} is no external id")
        body = {**call.json, "externalId": key}
        existing = [row for row in self.table(kind).values() if row.get("externalId") == key]
        if existing:
            return self._write(kind, existing[0], body, call)
        return self._make(kind, call, body)

    @route("PATCH", f"{RECORDS}/(?P<kind>[A-Za-z]+)/(?P<which>[^/]+)")
    def patch(self, call: Call) -> Reply:
        self.bearer(call)
        kind = self._kind(call)
        return self._write(kind, self._found(kind, call.parts["which"]), call.json, call)

    @route("POST", "/services/rest/query/v1/suiteql")
    def suiteql(self, call: Call) -> Reply:
        self.bearer(call)
        if call.headers.get("prefer") != "transient":
            raise _error(400, "USER_ERROR", "The header Prefer must be transient.")
        asked = QUERY.fullmatch(call.json["q"])
        if asked is None:
            raise _error(400, "INVALID_PARAMETER", "Invalid search query.")
        rows = self.table(TABLES[asked[1]]).values()
        found = sorted(self._selected(rows, asked[2] or ""), key=lambda row: (
            row["lastModifiedDate"], int(row["id"])))  # fmt: skip
        items = [{"id": row["id"], "modified": row["lastModifiedDate"].removesuffix("Z"),
                  "links": []} for row in found[:PAGE]]  # fmt: skip
        return Reply(200, {"items": items, "hasMore": len(found) > PAGE, "count": len(items)})

    def _selected(self, rows: Iterable[Mapping[str, Any]], where: str) -> Iterable[Any]:
        since, after = SINCE.search(where), AFTER.search(where)
        for row in rows:
            place = (row["lastModifiedDate"], int(row["id"]))
            if since and place[0] < f"{since[1]}Z":
                continue
            if after and place <= (f"{after[1]}Z", int(after[2])):
                continue
            yield row

    # The rules

    def _kind(self, call: Call) -> str:
        kind = call.parts["kind"]
        if kind not in PROPERTIES:
            raise _error(404, "NONEXISTENT_ID", f"Record type {kind} does not exist.")
        return kind

    def _found(self, kind: str, which: str) -> dict[str, Any]:
        if which.startswith("eid:"):
            key = which.removeprefix("eid:")
            found = [row for row in self.table(kind).values() if row.get("externalId") == key]
        else:
            found = [self.table(kind)[which]] if which in self.table(kind) else []
        if not found:
            raise _error(404, "NONEXISTENT_ID", "The record instance does not exist.")
        return found[0]

    def _make(self, kind: str, call: Call, body: Mapping[str, Any]) -> Reply:
        lacking = [name for name in REQUIRED[kind] if not body.get(name)]
        if lacking:
            text = f"Please enter value(s) for: {lacking[0]}"
            raise _error(400, "USER_ERROR", text, lacking[0])
        self._made += 1
        record = {"id": str(self._made)}
        if kind == "salesOrder":
            record["tranId"] = f"SO{self._made}"
        self._write(kind, record, body, call)
        self.table(kind)[record["id"]] = record
        return Reply(204, headers={"Location": f"{self.url}{RECORDS}/{kind}/{record['id']}"})

    def _write(
        self, kind: str, record: dict[str, Any], body: Mapping[str, Any], call: Call
    ) -> Reply:
        for name, value in body.items():
            self._check(kind, name, value, call)
        for name, value in body.items():
            if PROPERTIES[kind][name] == LIST:
                rows = [{**row, "line": place} for place, row in enumerate(value["items"], 1)]
                kept = [] if name in call.query.get("replace", "") else _items(record.get(name))
                record[name] = {"items": [*kept, *rows], "totalResults": len(kept) + len(rows)}
            elif PROPERTIES[kind][name] == REFERENCE and value:
                record[name] = {"id": str(value["id"]), "refName": f"name of {value['id']}"}
            else:
                record[name] = value
        record["lastModifiedDate"] = self._tick()
        location = f"{self.url}{RECORDS}/{kind}/{record['id']}"
        return Reply(204, headers={"Location": location})

    def _check(self, kind: str, name: str, value: Any, call: Call) -> None:
        wanted = PROPERTIES[kind].get(name)
        if wanted is None:
            strict = call.headers.get("x-netsuite-propertynamevalidation") == "Error"
            assert strict, f"{name} would be left out without a word"
            raise _error(400, "INVALID_CONTENT", f"Unknown property {name}", name)
        if value is None:
            return
        if wanted == REFERENCE:
            self._check_reference(name, value)
        elif not SHAPES[wanted](value):
            raise _error(400, "INVALID_CONTENT", "Invalid Field Value", name)
        elif name == "email" and not re.fullmatch(r"[^@]+@[^@]+\.[^@]+", value):
            raise _error(400, "USER_ERROR", f"Invalid Field Value {value} for email", name)

    def _check_reference(self, name: str, value: Any) -> None:
        if not isinstance(value, Mapping) or not ({"id", "externalId"} & set(value)):
            raise _error(400, "INVALID_CONTENT", "A reference is expected", name)
        kind = POINTS.get(name)
        if kind and str(value.get("id")) not in self.table(kind):
            text = f"Invalid Field Value {value.get('id')} for the following field: {name}"
            raise _error(400, "USER_ERROR", text, name)


def _items(value: Any) -> list[Any]:
    return list(value["items"]) if value else []


def _error(status: int, code: str, detail: str, path: str = "") -> Refusal:
    details: dict[str, Any] = {"detail": detail, "o:errorCode": code}
    if path:
        details["o:errorPath"] = path
    body = {"type": "about:blank", "title": "Error", "status": status,
            "o:errorDetails": [details]}  # fmt: skip
    return Refusal(Reply(status, body))
