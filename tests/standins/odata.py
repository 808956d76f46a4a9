"""An OData service, V2 or V4: entity sets with keys, tags, pages and V2's CSRF tokens.

A vendor's stand-in subclasses it, names its sets, and adds its rules in `check`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from tests.standins.server import Call, Refusal, Reply, Standin, route

CONDITION: Final = re.compile(r"(\w+) (eq|ge|gt) (?:datetimeoffset|datetime|guid)?'?(.*?)'?")
#: Where services of this kind begin.
SERVICE: Final = r"(?:/odata|/data|/sap/opu/odata/sap/[\w;=]+)"
PLACE: Final = ("$skiptoken", "$skip", "$top")
KEY: Final = r"\((?P<key>.*)\)"


class ODataService(Standin):
    """One service; `sets` names the key fields of each set."""

    version: ClassVar[int] = 4
    sets: ClassVar[Mapping[str, tuple[str, ...]]] = {"Things": ("Id",)}
    page: ClassVar[int] = 2

    def __init__(self) -> None:
        super().__init__()
        self.csrf, self._made = "", 0

    def check(self, name: str, body: Mapping[str, Any], *, new: bool) -> None:
        """Refuse a body, as the vendor would."""

    def numbered(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """A new record, with the key that the vendor gives it where the body has none."""
        self._made += 1
        return dict.fromkeys(self.sets[name], f"{self._made:010d}") | body

    @route("POST", ".*/token")
    def token(self, call: Call) -> Reply:
        return self.grant(call)

    @route("GET", rf"{SERVICE}/")
    def root(self, call: Call) -> Reply:
        self.opened(call)
        if call.headers.get("x-csrf-token", "").lower() == "fetch":
            if self.csrf in ("", "expired"):  # a session has one, whichever service gives it
                self.csrf = f"csrf-{len(self.calls)}"
            cookies = {"Set-Cookie": f"SAP_SESSIONID={self.csrf}; path=/; HttpOnly"}
            return Reply(200, {"d": {}}, {"X-CSRF-Token": self.csrf, **cookies})
        return Reply(200, {"d": {}})

    @route("GET", rf"{SERVICE}/(?P<name>\w+)")
    def query(self, call: Call) -> Reply:
        self.opened(call)
        name = call.parts["name"]
        rows = [row for row in self.table(name).values() if self.holds(row, call)]
        order = call.query.get("$orderby", "").split(",")[0]
        rows.sort(key=lambda row: str(row.get(order.split(" ")[0], "")))
        start = int(call.query.get("$skiptoken") or call.query.get("$skip") or 0)
        size = min(self.page, int(call.query.get("$top") or self.page))
        shown = [self.shown(name, row, call) for row in rows[start : start + size]]
        more = start + size < len(rows) and "$top" not in call.query
        kept = "&".join(f"{n}={v}" for n, v in call.query.items() if n not in PLACE)
        link = f"{self.url}{call.path}?$skiptoken={start + size}&{kept.replace(' ', '%20')}"
        if self.version == 2:
            return Reply(200, {"d": {"results": shown} | ({"__next": link} if more else {})})
        return Reply(200, {"value": shown} | ({"@odata.nextLink": link} if more else {}))

    @route("GET", rf"{SERVICE}/(?P<name>\w+){KEY}")
    def get_one(self, call: Call) -> Reply:
        self.opened(call)
        name, row = call.parts["name"], self.row(call)
        body = self.shown(name, row, call)
        return Reply(200, {"d": body} if self.version == 2 else body, {"ETag": self._tag(row)})

    @route("POST", rf"{SERVICE}/(?P<name>\w+)")
    def create(self, call: Call) -> Reply:
        self.writable(call)
        name = call.parts["name"]
        self.check(name, call.json, new=True)
        row = self.numbered(name, dict(call.json))
        key = self._joined(name, row)
        if key in self.table(name):
            raise self.error(400, "DuplicateKey", f"The record {key} exists already")
        self.table(name)[key] = {**row, "__version": 1}
        body = self.shown(name, self.table(name)[key], call)
        return Reply(201, {"d": body} if self.version == 2 else body)

    @route("PATCH", rf"{SERVICE}/(?P<name>\w+){KEY}")
    def update(self, call: Call) -> Reply:
        self.writable(call)
        row = self.row(call)
        tag = call.headers.get("if-match")
        if tag is None:
            raise self.error(428, "PreconditionRequired", "If-Match is missing")
        if tag not in ("*", self._tag(row)):
            raise self.error(412, "PreconditionFailed", "The record was changed meanwhile")
        self.check(call.parts["name"], call.json, new=False)
        row |= {**call.json, "__version": row["__version"] + 1}
        return Reply(204)

    @route("DELETE", rf"{SERVICE}/(?P<name>\w+){KEY}")
    def delete(self, call: Call) -> Reply:
        self.writable(call)
        self.table(call.parts["name"]).pop(self._joined(call.parts["name"], self.row(call)))
        return Reply(204)

    def opened(self, call: Call) -> None:
        """Refuse who is not logged in."""
        self.bearer(call)

    def writable(self, call: Call) -> None:
        """The same, and in V2 who brings no CSRF token with its cookie."""
        self.opened(call)
        if self.version != 2:
            return
        cookie = f"SAP_SESSIONID={self.csrf}" in call.headers.get("cookie", "")
        if not self.csrf or call.headers.get("x-csrf-token") != self.csrf or not cookie:
            text = {"error": {"code": "403", "message": {"value": "CSRF token validation failed"}}}
            raise Refusal(Reply(403, text, {"X-CSRF-Token": "Required"}))

    def error(self, status: int, code: str, message: str) -> Refusal:
        """An error in the body of the version."""
        text: Any = {"lang": "en", "value": message} if self.version == 2 else message
        return Refusal(Reply(status, {"error": {"code": code, "message": text}}))

    def row(self, call: Call) -> dict[str, Any]:
        name = call.parts["name"]
        parts = re.findall(r"(?:(\w+)=)?(?:(?:guid)?'((?:[^']|'')*)'|([^,]+))", call.parts["key"])
        values = {field or self.sets[name][0]: text.replace("''", "'") or bare
                  for field, text, bare in parts}  # fmt: skip
        row = self.table(name).get(self._joined(name, values))
        if row is None:
            raise self.error(404, "NotFound", "Resource not found for the segment")
        return row

    def _joined(self, name: str, row: Mapping[str, Any]) -> str:
        return "|".join(str(row.get(field, "")) for field in self.sets[name])

    def _tag(self, row: Mapping[str, Any]) -> str:
        return f'W/"{row["__version"]}"'

    def shown(self, name: str, row: Mapping[str, Any], call: Call) -> dict[str, Any]:
        """A record as an answer has it."""
        shown = {n: v for n, v in row.items() if n != "__version"}
        tag = {"__metadata": {"etag": self._tag(row), "type": name}}
        return {**shown, **(tag if self.version == 2 else {"@odata.etag": self._tag(row)})}

    def holds(self, row: Mapping[str, Any], call: Call) -> bool:
        """`A eq 'x'`, `A ge ...`, joined by and; `(A ge ... or B ge ...)` is one of them."""
        text = call.query.get("$filter", "")
        conditions = filter(None, re.split(r"\s+and\s+", text))
        return all(
            any(self._true(row, one) for one in condition.strip("()").split(" or "))
            for condition in conditions
        )

    def _true(self, row: Mapping[str, Any], condition: str) -> bool:
        match = CONDITION.fullmatch(condition)
        if match is None:
            raise self.error(400, "BadFilter", f"Invalid filter: {condition}")
        name, operator, literal = match.groups()
        held, wanted = str(row.get(name, "")), literal.replace("''", "'")
        return {"eq": held == wanted, "ge": held >= wanted, "gt": held > wanted}[operator]
