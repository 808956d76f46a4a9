"""A HubSpot account: objects, associations, owners, search, and batches that answer 207.

Bodies are checked against HubSpot's OpenAPI documents where they have the operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final

from tests.standins import openapi
from tests.standins.hubspot_objects import (
    DEAL_TO_PRIMARY_COMPANY,
    FREQUENCIES,
    NUMBERS,
    PAIRS,
    PROPERTIES,
    READ_ONLY,
    SPECS,
    STAGES,
    UNIQUE,
)
from tests.standins.server import SECRET, Call, Refusal, Reply, Standin, route

OBJECTS: Final = rf"/crm/v3/objects/(?P<name>{'|'.join(PROPERTIES)})"
LINKS: Final = r"/crm/v4/associations/(?P<name>[a-z_]+)/(?P<other>[a-z_]+)"
BELOW: Final = (
    r"/crm/v3/objects/companies/(?P<child>[0-9]+)/associations/companies/(?P<parent>[0-9]+)"
    "/child_to_parent_company"
)
DAWN: Final = datetime(2026, 1, 1, tzinfo=UTC)
PAGE: Final = 2


class HubSpot(Standin):
    """One account."""

    throttled: ClassVar[Reply] = Reply(
        429,
        {"status": "error", "message": "You have reached your secondly limit.",
         "errorType": "RATE_LIMIT", "policyName": "SECONDLY"},
    )  # fmt: skip
    unauthorised: ClassVar[Reply] = Reply(
        401,
        {"status": "error", "message": "Authentication credentials not found.",
         "category": "INVALID_AUTHENTICATION"},
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.now, self._made = DAWN, 500
        self.links: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self.primary: dict[str, str] = {}  # of a deal, its company
        self.aliases: dict[str, str] = {}
        self.most_found = 10_000

    # What a test does to it as its users would

    def insert(self, name: str, /, **properties: str) -> str:
        """A record made by a user; returns its id."""
        self._made += 1
        identity = str(self._made)
        record = {"id": identity, "properties": {}, "archived": False, "createdAt": self._tick()}
        self.table(name)[identity] = record
        self.update(name, identity, **properties)
        return identity

    def update(self, name: str, identity: str, /, **properties: str) -> None:
        """A user changes a record; empty text is nothing."""
        record = self.table(name)[identity]
        held = {**record["properties"], **properties}
        record["properties"] = {n: v for n, v in held.items() if v != ""}
        said = record["properties"]
        if stage := said.get("dealstage"):
            said["hs_deal_stage_probability"] = STAGES[stage]
        if name == "line_items" and "price" in said:
            said["amount"] = str(Decimal(said["price"]) * Decimal(said.get("quantity", "1")))
        record["updatedAt"] = self._tick()

    def archive(self, name: str, identity: str) -> None:
        """A user deletes a record."""
        self.table(name)[identity] |= {"archived": True, "archivedAt": self._tick()}

    def merge(self, name: str, survivor: str, absorbed: str) -> None:
        """A user merges two records: the absorbed id answers with the survivor from now on."""
        gone = self.table(name).pop(absorbed)
        self.aliases |= {i: survivor for i, to in self.aliases.items() if to == absorbed}
        self.aliases[absorbed] = survivor
        held, ids = self.table(name)[survivor]["properties"], "hs_merged_object_ids"
        missing = {n: v for n, v in gone["properties"].items() if n not in held}
        merged = ";".join(filter(None, (held.get(ids), gone["properties"].get(ids), absorbed)))
        self.update(name, survivor, **{**missing, ids: merged})

    def _tick(self) -> str:
        self.now += timedelta(minutes=1)
        return self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    # Batches

    @route("POST", rf"{OBJECTS}/batch/update")
    def update_many(self, call: Call) -> Reply:
        name = self._open(call)
        for item in call.json["inputs"]:
            self._valid(openapi.faults(SPECS[name], "SimplePublicObjectBatchInput", item))

        def work(item: Mapping[str, Any]) -> dict[str, Any]:
            identity = self.aliases.get(str(item["id"]), str(item["id"]))
            record = self.table(name).get(identity)
            if record is None or record["archived"]:
                raise _error(404, "OBJECT_NOT_FOUND", f"No {name} with id {item['id']}",
                             context={"ids": [str(item["id"])]})  # fmt: skip
            self.update(name, identity, **item["properties"])
            return record

        return self._batch(name, call.json["inputs"], work)

    @route("POST", rf"{OBJECTS}/batch/upsert")
    def upsert_many(self, call: Call) -> Reply:
        name = self._open(call)

        def work(item: Mapping[str, Any]) -> dict[str, Any]:
            unique = item.get("idProperty")
            if unique != UNIQUE[name]:
                raise _error(400, "VALIDATION_ERROR", f"{unique} is not a unique property")
            key = str(item["id"])
            identity = self._by(name, unique, key)
            if identity is None:
                made = self.insert(name, **{unique: key}, **{n: v for n, v in
                                   item["properties"].items() if n != unique})  # fmt: skip
                return {**self.table(name)[made], "new": True}
            self.update(name, identity, **item["properties"])
            return {**self.table(name)[identity], "new": False}

        for item in call.json["inputs"]:
            known = {"id", "idProperty", "objectWriteTraceId", "properties"}
            if set(item) - known or not {"id", "properties"} <= set(item):
                raise _error(400, "VALIDATION_ERROR", f"Invalid input JSON: {sorted(item)}")
            body = {"id": item["id"], "properties": item["properties"]}
            self._valid(openapi.faults(SPECS[name], "SimplePublicObjectBatchInput", body))
        return self._batch(name, call.json["inputs"], work)

    @route("POST", rf"{OBJECTS}/batch/archive")
    def archive_many(self, call: Call) -> Reply:
        name = self._open(call)
        self._valid(openapi.faults(SPECS[name], "SimplePublicObjectIdArray", call.json))
        for item in call.json["inputs"]:
            self.archive(name, str(item["id"]))
        return Reply(204)

    def _batch(
        self,
        name: str,
        inputs: list[dict[str, Any]],
        work: Callable[[Mapping[str, Any]], dict[str, Any]],
    ) -> Reply:
        if len(inputs) > 100:
            raise _error(400, "VALIDATION_ERROR", "The maximum batch size is 100")
        for item in inputs:  # what is not valid refuses the whole batch
            self._check(name, item["properties"])
        results, errors = [], []
        for item in inputs:
            try:
                results.append(work(item))
            except Refusal as refusal:
                error = dict(refusal.reply.data)
                trace = item.get("objectWriteTraceId")
                if trace:
                    error["context"] = {"objectWriteTraceId": [trace]}
                errors.append(error)
        answer: dict[str, Any] = {"status": "COMPLETE", "results": results[::-1],
                                  "startedAt": self._tick()}  # fmt: skip
        if errors:
            answer |= {"numErrors": len(errors), "errors": errors}
        return Reply(207 if errors else 200, answer)

    def _check(self, name: str, properties: Mapping[str, Any]) -> None:
        for property_, value in properties.items():
            if property_ not in PROPERTIES[name]:
                text = f'Property "{property_}" does not exist'
                raise _error(400, "VALIDATION_ERROR", "Property values were not valid",
                             [{"message": text, "code": "PROPERTY_DOESNT_EXIST"}])  # fmt: skip
            if property_ in READ_ONLY.get(name, ()):
                text = f"{property_} is read only"
                raise _error(400, "VALIDATION_ERROR", text,
                             [{"message": text, "code": "READ_ONLY_VALUE"}])  # fmt: skip
            bad = property_ == "email" and "." not in value.rpartition("@")[2]
            bad |= property_ == "dealstage" and value not in STAGES
            bad |= property_ == "hs_recurring_billing_frequency" and value not in FREQUENCIES
            bad |= property_ in NUMBERS and not value.replace(".", "").isdigit()
            if value and bad:
                text = f"{value} was not a valid {property_}"
                details = [{"message": text, "code": f"INVALID_{property_.upper()}"}]
                raise _error(400, "VALIDATION_ERROR", "Property values were not valid", details)

    def _by(self, name: str, property_: str, value: str) -> str | None:
        for identity, record in self.table(name).items():
            held = str(record["properties"].get(property_, ""))
            if held.lower() == value.lower() and not record["archived"]:
                return identity
        return None

    # Reading

    @route("POST", rf"{OBJECTS}/batch/read")
    def read_many(self, call: Call) -> Reply:
        name = self._open(call)
        body = call.json
        by = body.get("idProperty")
        results, errors = [], []
        for item in body["inputs"]:
            value = str(item["id"])
            identity = self._by(name, by, value) if by else self.aliases.get(value, value)
            record = self.table(name).get(identity or "")
            if record is None or record["archived"]:
                errors.append({"status": "error", "category": "OBJECT_NOT_FOUND",
                               "message": "Could not get some objects",
                               "context": {"ids": [value]}})  # fmt: skip
            else:
                results.append(self._shown(record, body["properties"]))
        answer = {"status": "COMPLETE", "results": results}
        if errors:
            answer["errors"] = errors
        return Reply(207 if errors else 200, answer)

    @route("POST", rf"{OBJECTS}/search")
    def search(self, call: Call) -> Reply:
        name = self._open(call)
        body = call.json
        self._valid(openapi.faults(SPECS[name], "PublicObjectSearchRequest", body))
        after, limit = int(body["after"]), int(body["limit"])
        if after + limit > self.most_found:
            raise _error(400, "VALIDATION_ERROR", "A search pages to 10,000 results")
        [group] = body["filterGroups"]
        [given] = group["filters"]
        found = [r for r in self.table(name).values() if not r["archived"] and _fits(r, given)]
        found.sort(key=lambda record: record["updatedAt"])
        shown = [self._shown(record, body["properties"]) for record in found]
        return self._page(shown, after, min(limit, PAGE))

    @route("GET", OBJECTS)
    def list_all(self, call: Call) -> Reply:
        name = self._open(call)
        archived = call.query.get("archived") == "true"
        names = call.query.get("properties", "").split(",")
        rows = [self._shown(r, names) for r in self.table(name).values()
                if r["archived"] == archived]  # fmt: skip
        return self._page(rows, int(call.query.get("after", 0)), PAGE)

    @route("GET", rf"{OBJECTS}/(?P<id>[0-9]+)")
    def get_one(self, call: Call) -> Reply:
        name = self._open(call)
        identity = self.aliases.get(call.parts["id"], call.parts["id"])
        record = self.table(name).get(identity)
        if record is None:
            raise _error(404, "OBJECT_NOT_FOUND", "resource not found")
        return Reply(200, record)

    @route("GET", "/crm/v3/owners/?")
    def owners(self, call: Call) -> Reply:
        self._open(call)
        rows = list(self.table("owners").values())
        return self._page(rows, int(call.query.get("after", 0)), PAGE)

    def _shown(self, record: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """The properties asked for; what has no value is null, and the time always comes along."""
        properties = {name: record["properties"].get(name) for name in names if name}
        return {**record, "properties": properties}

    def _page(self, rows: list[dict[str, Any]], start: int, size: int) -> Reply:
        answer: dict[str, Any] = {"total": len(rows), "results": rows[start : start + size]}
        if start + size < len(rows):
            answer["paging"] = {"next": {"after": str(start + size)}}
        return Reply(200, answer)

    # Associations

    @route("POST", rf"{LINKS}/batch/associate/default")
    def associate(self, call: Call) -> Reply:
        self._open(call)
        for item in call.json["inputs"]:
            self._join(call, str(item["from"]["id"]), str(item["to"]["id"]))
        return Reply(200, {"status": "COMPLETE", "results": []})

    @route("POST", rf"{LINKS}/batch/create")
    def associate_as(self, call: Call) -> Reply:
        """Joined by a type: a deal has one primary company, and may have others."""
        self._open(call)
        primary = {"associationCategory": "HUBSPOT_DEFINED",
                   "associationTypeId": DEAL_TO_PRIMARY_COMPANY}  # fmt: skip
        for item in call.json["inputs"]:
            if call.parts["name"] != "deals" or item["types"] != [primary]:
                raise _error(400, "VALIDATION_ERROR", f"no such type: {item['types']}")
            ends = str(item["from"]["id"]), str(item["to"]["id"])
            self._join(call, *ends)
            self.primary[ends[0]] = ends[1]
        return Reply(201, {"status": "COMPLETE", "results": []})

    def _join(self, call: Call, a: str, b: str) -> None:
        one, other = call.parts["name"], call.parts["other"]
        if (one, other) not in PAIRS:
            raise _error(400, "VALIDATION_ERROR", f"{one} are not joined with {other}")
        if a not in self.table(one) or b not in self.table(other):
            raise _error(404, "OBJECT_NOT_FOUND", f"one of {a}, {b} does not exist")
        elsewhere = [
            pair
            for (kind, of), pairs in self.links.items()
            for pair in pairs
            if kind == "line_items" and pair[0] == a and (of, pair[1]) != (other, b)
        ]
        if one == "line_items" and elsewhere:
            raise _error(400, "VALIDATION_ERROR", "a line item belongs to one record")
        self.links.setdefault((one, other), set()).add((a, b))

    @route("POST", rf"{LINKS}/batch/archive")
    def part(self, call: Call) -> Reply:
        self._open(call)
        held = self.links.get((call.parts["name"], call.parts["other"]), set())
        for item in call.json["inputs"]:
            held -= {(str(item["from"]["id"]), str(to["id"])) for to in item["to"]}
        return Reply(204)

    @route("PUT", BELOW)
    def put_below(self, call: Call) -> Reply:
        """A company has one parent, and is not above itself."""
        self._open(call)
        child, parent = call.parts["child"], call.parts["parent"]
        companies = self.table("companies")
        if parent not in companies or child not in companies:
            raise _error(404, "OBJECT_NOT_FOUND", f"one of {child}, {parent} does not exist")
        if "hs_parent_company_id" in companies[child]["properties"]:
            raise _error(400, "VALIDATION_ERROR", "a company has one parent company")
        above: str | None = parent
        while above:
            if above == child:
                raise _error(400, "VALIDATION_ERROR", "a company is not above itself")
            above = companies[above]["properties"].get("hs_parent_company_id")
        self.update("companies", child, hs_parent_company_id=parent)
        return Reply(200, companies[child])

    @route("DELETE", BELOW)
    def take_from(self, call: Call) -> Reply:
        self._open(call)
        self.update("companies", call.parts["child"], hs_parent_company_id="")
        return Reply(204)

    @route("POST", rf"{LINKS}/batch/read")
    def associated(self, call: Call) -> Reply:
        self._open(call)
        one, other = call.parts["name"], call.parts["other"]
        pairs = self.links.get((one, other), set())
        pairs = pairs | {(b, a) for a, b in self.links.get((other, one), set())}
        results = []
        for item in call.json["inputs"]:
            given = str(item["id"])
            to = [{"toObjectId": int(b), "associationTypes": self._types(one, a, b)}
                  for a, b in sorted(pairs) if a == given]  # fmt: skip
            if to:
                results.append({"from": {"id": given}, "to": to})
        return Reply(200, {"status": "COMPLETE", "results": results})

    def _types(self, one: str, a: str, b: str) -> list[dict[str, Any]]:
        primary = one == "deals" and self.primary.get(a) == b
        return [{"category": "HUBSPOT_DEFINED", "typeId": DEAL_TO_PRIMARY_COMPANY,
                 "label": "Primary"}] if primary else []  # fmt: skip

    # The rules

    def _open(self, call: Call) -> str:
        if call.headers.get("authorization") != f"Bearer {SECRET}":
            raise Refusal(self.unauthorised)
        return call.parts.get("name", "")

    def _valid(self, faults: list[str]) -> None:
        if faults:
            raise _error(400, "VALIDATION_ERROR", f"Invalid input JSON: {faults[0]}")


def _fits(record: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """A filter: of the time of change, or of text, which IN compares in small letters."""
    if given["operator"] == "IN":
        held = record["properties"].get(given["propertyName"], "")
        return held.lower() in given["values"]
    since = DAWN.fromtimestamp(int(given["value"]) / 1000, UTC)
    return datetime.fromisoformat(record["updatedAt"]) >= since


def _error(
    status: int,
    category: str,
    message: str,
    errors: list[dict[str, str]] | None = None,
    context: Mapping[str, Any] | None = None,
) -> Refusal:
    body: dict[str, Any] = {"status": "error", "category": category, "message": message,
                            "correlationId": "6d8f7a", "errors": errors or []}  # fmt: skip
    return Refusal(Reply(status, body | ({"context": context} if context else {})))
