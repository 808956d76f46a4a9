"""An organisation of Salesforce: objects described as it describes them, rules as it has them.

Fields, types and lengths follow the published object reference; custom key fields are text,
external ids, unique and compared without regard to case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final

from tests.standins.salesforce_objects import CURRENCY, KEY, OBJECTS, Field
from tests.standins.server import Call, Refusal, Reply, Standin, route

DATA: Final = "/services/data/v[0-9.]+"
PAGE: Final = 3  # records a page, so that paging is met with few
DAWN: Final = datetime(2026, 1, 1, tzinfo=UTC)
DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


SYSTEM: Final = {"Id", "IsDeleted", "CreatedDate", "LastModifiedDate", "SystemModstamp"}


class Salesforce(Standin):
    """One organisation; `keyed` is its external id field."""

    throttled: ClassVar[Reply] = Reply(
        403, [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    )
    unauthorised: ClassVar[Reply] = Reply(
        401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    )
    keyed = "Golden_Id__c"
    objects: ClassVar[dict[str, tuple[str, dict[str, Field]]]] = OBJECTS

    def __init__(self) -> None:
        super().__init__()
        self.now, self._made = DAWN, 0
        self._cursors: dict[str, list[dict[str, Any]]] = {}

    # What a test does to it as its users would

    def insert(self, name: str, **values: Any) -> str:
        """A record made by a user; returns its id."""
        self._made += 1
        record = dict.fromkeys(self._fields(name))
        made = f"{self.objects[name][0]}A0000{self._made:07d}"
        identity = made + _check(made)
        record |= {"Id": identity, "IsDeleted": False, "CreatedDate": self._tick(), **values}
        self.table(name)[identity] = record
        self._computed(name, record)
        return identity

    def update(self, name: str, identity: str, **values: Any) -> None:
        """A user changes a record."""
        self.table(name)[identity] |= values
        self._computed(name, self.table(name)[identity])

    def delete(self, name: str, identity: str) -> None:
        """A user deletes a record: queryAll still shows it."""
        self.update(name, identity, IsDeleted=True)

    def _tick(self) -> str:
        self.now += timedelta(minutes=1)
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    def _computed(self, name: str, record: dict[str, Any]) -> None:
        record["SystemModstamp"] = record["LastModifiedDate"] = self._tick()
        if "LastName" in record:
            record["Name"] = " ".join(filter(None, (record["FirstName"], record["LastName"])))
        if name == "Contract":
            record["ContractNumber"] = f"0000{record['Id'][10:15]}"

    def _fields(self, name: str) -> dict[str, Field]:
        if name not in self.objects:
            raise _error(404, "NOT_FOUND", "The requested resource does not exist")
        custom = {self.keyed: KEY, "CurrencyIsoCode": CURRENCY}
        return {**self.objects[name][1], **custom}

    # The interface

    @route("POST", "/services/oauth2/token")
    def token(self, call: Call) -> Reply:
        return self.grant(call)

    @route("PATCH", f"{DATA}/composite/sobjects")
    def update_many(self, call: Call) -> Reply:
        return self._many(call, lambda name, row: self._by_id(name, row))

    @route("PATCH", f"{DATA}/composite/sobjects/(?P<name>[^/]+)/(?P<field>[^/]+)")
    def upsert_many(self, call: Call) -> Reply:
        name, field = call.parts["name"], call.parts["field"]
        self.bearer(call)
        self._check_key(name, field)

        def work(_: str, row: dict[str, Any]) -> tuple[str, bool]:
            key = row.pop(field, None)
            if "id" in row or "Id" in row:
                raise _error(400, "INVALID_FIELD", "The id field should not be specified.")
            return self._by_key(name, field, str(key or ""), row)

        return self._many(call, work)

    def _many(self, call: Call, work: Any) -> Reply:
        self.bearer(call)
        records = call.json["records"]
        if len(records) > 200:
            raise _error(400, "REQUEST_LIMIT", "The request has more than 200 records")
        for record in records:
            name = record.get("attributes", {}).get("type", "")
            unknown = record.keys() - self._fields(name).keys() - {"attributes", "id"}
            if unknown:
                column = sorted(unknown)[0]
                text = f"No such column '{column}' on sobject of type {name}"
                raise _error(400, "INVALID_FIELD", text)
        results = [self._result(work, dict(record)) for record in records]
        return Reply(200, results)

    def _result(self, work: Any, row: dict[str, Any]) -> dict[str, Any]:
        name = row.pop("attributes")["type"]
        try:
            identity, created = work(name, row)
        except Refusal as refusal:
            [first] = refusal.reply.data
            error = {"statusCode": first["errorCode"], "message": first["message"],
                     "fields": first.get("fields", [])}  # fmt: skip
            return {"success": False, "errors": [error]}
        return {"id": identity, "success": True, "errors": [], "created": created}

    @route("PATCH", f"{DATA}/sobjects/(?P<name>[^/]+)/(?P<field>[^/]+)/(?P<key>[^/]+)")
    def upsert_one(self, call: Call) -> Reply:
        self.bearer(call)
        name, field, key = call.parts["name"], call.parts["field"], call.parts["key"]
        self._check_key(name, field)
        if field in call.json or "Id" in call.json:
            raise _error(400, "INVALID_FIELD", "The key is in the address", [field])
        matches = self._matches(name, field, key)
        if len(matches) > 1:
            return Reply(300, [f"/services/data/v68.0/sobjects/{name}/{m}" for m in matches])
        identity, created = self._by_key(name, field, key, dict(call.json))
        answer = {"id": identity, "success": True, "errors": [], "created": created}
        return Reply(201 if created else 200, answer)

    @route("PATCH", f"{DATA}/sobjects/(?P<name>[^/]+)/(?P<id>[^/]+)")
    def update_one(self, call: Call) -> Reply:
        self.bearer(call)
        self._by_id(call.parts["name"], {"id": call.parts["id"], **call.json})
        return Reply(204)

    @route("GET", f"{DATA}/sobjects/(?P<name>[^/]+)/(?P<field>[^/]+)/(?P<key>[^/]+)")
    def get_one(self, call: Call) -> Reply:
        self.bearer(call)
        name, field, key = call.parts["name"], call.parts["field"], call.parts["key"]
        self._check_key(name, field)
        matches = self._matches(name, field, key)
        if len(matches) > 1:
            return Reply(300, [f"/services/data/v68.0/sobjects/{name}/{m}" for m in matches])
        if not matches:
            raise _error(404, "NOT_FOUND", "The requested resource does not exist")
        return Reply(200, self.table(name)[matches[0]])

    @route("GET", f"{DATA}/(?P<how>query|queryAll)/?")
    def query(self, call: Call) -> Reply:
        self.bearer(call)
        found = list(self._selected(call.query["q"], everything=call.parts["how"] == "queryAll"))
        return self._page(found, 0)

    @route("GET", f"{DATA}/query(All)?/(?P<cursor>[^/]+)-(?P<start>[0-9]+)")
    def more(self, call: Call) -> Reply:
        self.bearer(call)
        return self._page(self._cursors[call.parts["cursor"]], int(call.parts["start"]))

    # The rules

    def _check_key(self, name: str, field: str) -> None:
        if field != self.keyed or field not in self._fields(name):
            text = f"Provided external ID field does not exist or is not accessible: {field}"
            raise _error(404, "NOT_FOUND", text)

    def _matches(self, name: str, field: str, key: str) -> list[str]:
        return [
            identity
            for identity, record in self.table(name).items()
            if str(record[field] or "").upper() == key.upper() and not record["IsDeleted"]
        ]

    def _by_key(self, name: str, field: str, key: str, row: dict[str, Any]) -> tuple[str, bool]:
        matches = self._matches(name, field, key)
        if len(matches) > 1:
            text = f"{field}: more than one record found for external id field: {matches}"
            raise _error(400, "DUPLICATE_EXTERNAL_ID", text)
        if matches:
            self._write(name, matches[0], row)
            return matches[0], False
        self._check(name, row, new=True)
        return self.insert(name, **{field: key}, **row), True

    def _by_id(self, name: str, row: dict[str, Any]) -> tuple[str, bool]:
        identity = _long(self.table(name), str(row.pop("id", row.pop("Id", None))))
        record = self.table(name).get(identity)
        if record is None:
            raise _error(404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if record["IsDeleted"]:
            raise _error(404, "ENTITY_IS_DELETED", "entity is deleted")
        self._write(name, identity, row)
        return identity, False

    def _write(self, name: str, identity: str, row: dict[str, Any]) -> None:
        held = self.table(name)[identity]
        self._check(name, row, new=False)
        fixed = [f for f, value in row.items() if not self._fields(name)[f].updatable
                 and value != held.get(f)]  # fmt: skip
        if fixed:
            text = "Unable to create/update fields: " + ", ".join(fixed)
            raise _error(400, "INVALID_FIELD_FOR_INSERT_UPDATE", text, fixed)
        self.update(name, identity, **row)

    def _check(self, name: str, row: Mapping[str, Any], new: bool) -> None:
        fields = self._fields(name)
        lacking = [f for f, field in fields.items() if field.required and row.get(f) is None
                   and (new or f in row)]  # fmt: skip
        if lacking:
            text = f"Required fields are missing: [{', '.join(lacking)}]"
            raise _error(400, "REQUIRED_FIELD_MISSING", text, lacking)
        if new and row.get("Status") not in (None, "Draft") and name == "Contract":
            raise _error(400, "FAILED_ACTIVATION", "Choose a valid contract status", ["Status"])
        for field, value in row.items():
            if value is not None:
                self._check_value(field, fields[field], value)
        key = row.get(self.keyed)
        if key is not None and not new and key == "":
            raise _error(400, "INVALID_FIELD", "empty key", [self.keyed])

    def _check_value(self, name: str, field: Field, value: Any) -> None:
        if field.kind in {"currency", "double", "int"}:
            good = isinstance(value, int | Decimal) and not isinstance(value, bool)
            good = good and (field.kind != "int" or isinstance(value, int))
        elif field.kind == "boolean":
            good = isinstance(value, bool)
        elif field.kind == "date":
            good = isinstance(value, str) and bool(DATE.fullmatch(value))
        else:
            good = isinstance(value, str)
        if not good:
            text = f"Cannot deserialize instance of {field.kind} from {value!r}"
            raise _error(400, "JSON_PARSER_ERROR", text, [name])
        if field.kind == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
            raise _error(400, "INVALID_EMAIL_ADDRESS", f"invalid email address: {value}", [name])
        if field.words and value not in field.words:
            text = f"bad value for restricted picklist field: {value}"
            raise _error(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, [name])
        if field.to and _long(self.table(field.to), value) not in self.table(field.to):
            text = f"invalid cross reference id: {value}"
            raise _error(400, "INVALID_CROSS_REFERENCE_KEY", text, [name])
        if isinstance(value, str) and len(value) > field.length:
            text = f"{name}: data value too large: {value[:20]} (max length={field.length})"
            raise _error(400, "STRING_TOO_LONG", text, [name])

    # SOQL

    def _selected(self, query: str, everything: bool) -> Iterable[dict[str, Any]]:
        match = re.fullmatch(
            r"(?i)select (.+?) from (\w+)(?: where (.+?))?(?: order by (.+?))?(?: limit \d+)?",
            query,
        )
        if match is None:
            raise _error(400, "MALFORMED_QUERY", f"unexpected token: {query[:40]}")
        columns = [column.strip() for column in match[1].split(",")]
        name = match[2]
        unknown = [
            c for c in columns if "." not in c and c not in SYSTEM | self._fields(name).keys()
        ]
        if unknown:
            raise _error(400, "INVALID_FIELD", f"No such column '{unknown[0]}' on entity '{name}'")
        rows = [r for r in self.table(name).values() if everything or not r["IsDeleted"]]
        if match[3]:
            rows = [row for row in rows if self._holds(row, match[3])]
        order = [part.strip() for part in (match[4] or "").split(",") if part.strip()]
        rows.sort(key=lambda row: [str(row[column]) for column in order])
        return [
            {"attributes": {"type": name}, **{c.split(".")[0]: self._value(name, row, c)
                                              for c in columns}}
            for row in rows
        ]  # fmt: skip

    def _value(self, name: str, row: Mapping[str, Any], column: str) -> Any:
        if "." not in column:
            return row[column]
        related = column.split(".")[0]
        record = self.table(related).get(str(row[f"{related}Id"]), {})
        return {"attributes": {"type": related}, **record}

    def _holds(self, row: Mapping[str, Any], where: str) -> bool:
        return any(
            all(self._is(row, part.strip()) for part in re.split(r"(?i) and ", either))
            for either in re.split(r"(?i) or ", where)
        )

    def _is(self, row: Mapping[str, Any], condition: str) -> bool:
        match = re.fullmatch(r"(\S+) (IN|LIKE|!=|>=|=) (.+)", condition)
        if match is None:
            raise _error(400, "MALFORMED_QUERY", f"unexpected token: {condition[:40]}")
        held, text = row[match[1]], match[3]
        literals = [x.replace("\\'", "'") for x in re.findall(r"'((?:[^'\\]|\\.)*)'", text)]
        if match[2] == "IN":
            return str(held) in literals or str(held)[:15] in literals
        if match[2] == "LIKE":
            return str(held or "").upper().startswith(literals[0].rstrip("%").upper())
        if match[2] == "!=":
            return bool(held is not None)
        if match[2] == ">=":
            return bool(datetime.fromisoformat(held) >= datetime.fromisoformat(text))
        return bool(str(held) == literals[0] if literals else str(held).lower() == text)

    def _page(self, rows: list[dict[str, Any]], start: int) -> Reply:
        end = start + PAGE
        answer: dict[str, Any] = {"totalSize": len(rows), "done": end >= len(rows),
                                  "records": rows[start:end]}  # fmt: skip
        if not answer["done"]:
            cursor = f"01g{len(self._cursors):09d}"
            self._cursors[cursor] = rows
            answer["nextRecordsUrl"] = f"/services/data/v68.0/query/{cursor}-{end}"
        return Reply(200, answer, {"Sforce-Limit-Info": "api-usage=18/5000"})


def _error(status: int, code: str, message: str, fields: Iterable[str] = ()) -> Refusal:
    return Refusal(Reply(status, [{"message": message, "errorCode": code, "fields": list(fields)}]))


def _check(identity: str) -> str:
    """The three characters that say which letters of an id are capitals."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    return "".join(
        alphabet[sum(1 << place for place, c in enumerate(identity[s : s + 5]) if c.isupper())]
        for s in (0, 5, 10)
    )


def _long(table: Mapping[str, Any], identity: str) -> str:
    """The id of 18 characters for one of 15."""
    return identity + _check(identity) if len(identity) == 15 else identity
