"""A site of Confluence Cloud: one space, its pages, their properties and labels.

A title is the only one of its space; a page is written as the next version of what was read; lists
come with the address of their next page; text that is kept gets marks of Confluence's own.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from tests.standins.server import SECRET, Call, Refusal, Reply, Standin, route

USER: Final = "assay@firm.example"
SPACE, HOME = "65537", "98304"
PAGE: Final = 2
PAGES: Final = "/wiki/api/v2/pages"
ONE: Final = f"{PAGES}/(?P<id>\\d+)"
LABEL: Final = "/wiki/rest/api/content/(?P<id>\\d+)/label"
LONGEST: Final = 255
Row = dict[str, Any]


class Confluence(Standin):
    """One site."""

    throttled: ClassVar[Reply] = Reply(
        429,
        {"errors": [{"status": 429, "code": "RATE_LIMITED", "title": "Rate limit exceeded"}]},
        {"Retry-After": "7", "X-RateLimit-NearLimit": "true"},
    )
    unauthorised: ClassVar[Reply] = Reply(401, {"message": "Unauthorized"})

    def __init__(self) -> None:
        super().__init__()
        self.now, self._made = datetime(2026, 1, 1, tzinfo=UTC), 100_000
        self.properties: dict[str, list[Row]] = {}
        self.labels: dict[str, set[str]] = {}
        self._keep(HOME, {"title": "Home", "spaceId": SPACE, "parentId": None}, "<p>Welcome</p>")

    # What its users do

    def edit(self, identity: str, title: str = "", text: str = "", parent: str = "") -> None:
        """Somebody edits a page."""
        row = self.table("pages")[identity]
        changed = {"title": title or row["title"], "parentId": parent or row["parentId"]}
        self._keep(identity, {**row, **changed}, text or self.text(identity))

    def write(self, title: str) -> str:
        """Somebody writes a page."""
        self._made += 1
        body = {"title": title, "spaceId": SPACE, "parentId": HOME}
        self._keep(str(self._made), body, "<p>Notes</p>")
        return str(self._made)

    def text(self, identity: str) -> str:
        """What a page says, in storage format."""
        return str(self.table("pages")[identity]["body"]["storage"]["value"])

    def property(self, identity: str) -> Row:
        """The value of our property."""
        return next((dict(p["value"]) for p in self.properties.get(identity, ())), {})

    # Pages

    @route("GET", f"/wiki/api/v2/spaces/{SPACE}")
    def space(self, call: Call) -> Reply:
        self._admit(call)
        return Reply(200, {"id": SPACE, "key": "FIRM", "homepageId": HOME})

    @route("POST", PAGES)
    def make(self, call: Call) -> Reply:
        self._admit(call)
        body = call.json
        if body.get("spaceId") != SPACE:
            raise _error(400, "INVALID_REQUEST_PARAMETER", "A valid spaceId is required")
        self._check(body, "")
        self._made += 1
        row = {"title": body["title"], "spaceId": SPACE, "parentId": body.get("parentId", HOME)}
        self._keep(str(self._made), row, _written(body))
        return Reply(200, self._shown(str(self._made)))

    @route("GET", PAGES)
    def listed(self, call: Call) -> Reply:
        """Without the text, unless it is asked for."""
        self._admit(call)
        query = call.query
        rows = [r for r in self.table("pages").values()
                if r["spaceId"] == query["space-id"] and r["status"] in query["status"].split(",")
                and query.get("title") in (None, r["title"])]  # fmt: skip
        if query.get("sort") == "-modified-date":
            rows.sort(key=lambda row: str(row["version"]["createdAt"]), reverse=True)
        return self._page(call, [{n: v for n, v in row.items() if n != "body"} for row in rows])

    @route("GET", ONE)
    def get(self, call: Call) -> Reply:
        self._admit(call)
        self._row(call)
        return Reply(200, self._shown(call.parts["id"]))

    @route("PUT", ONE)
    def put(self, call: Call) -> Reply:
        self._admit(call)
        row, body = self._row(call), call.json
        assert body["id"] == row["id"]
        if body["version"]["number"] != row["version"]["number"] + 1:
            said = f"Version must be incremented when updating a page. Current: {row['version']}"
            raise _error(409, "CONFLICT", said)
        self._check(body, row["id"])
        kept = {name: body.get(name, row[name]) for name in ("title", "parentId")}
        self._keep(row["id"], {**row, **kept}, _written(body))
        return Reply(200, self._shown(row["id"]))

    # Properties and labels

    @route("GET", f"{ONE}/properties")
    def get_properties(self, call: Call) -> Reply:
        self._admit(call)
        self._row(call)
        held = self.properties.get(call.parts["id"], [])
        return self._page(call, [p for p in held if call.query.get("key") in (None, p["key"])])

    @route("POST", f"{ONE}/properties")
    def add_property(self, call: Call) -> Reply:
        self._admit(call)
        held = self.properties.setdefault(self._row(call)["id"], [])
        if any(p["key"] == call.json["key"] for p in held):
            raise _error(409, "CONFLICT", "A property with this key already exists")
        made = {"id": str(len(self.properties)), "version": {"number": 1}, **call.json}
        held.append(made)
        return Reply(200, made)

    @route("PUT", f"{ONE}/properties/(?P<which>\\d+)")
    def change_property(self, call: Call) -> Reply:
        self._admit(call)
        held = self.properties[self._row(call)["id"]]
        row = next(p for p in held if p["id"] == call.parts["which"])
        if call.json["version"]["number"] != row["version"]["number"] + 1:
            raise _error(409, "CONFLICT", "Version must be incremented")
        row |= call.json
        return Reply(200, row)

    @route("GET", f"{ONE}/labels")
    def get_labels(self, call: Call) -> Reply:
        self._admit(call)
        names = sorted(self.labels.get(self._row(call)["id"], ()))
        return self._page(call, [{"id": name, "name": name, "prefix": "global"} for name in names])

    @route("POST", LABEL)
    def add_labels(self, call: Call) -> Reply:
        self._admit(call)
        for label in call.json:
            assert re.fullmatch(r"[a-z_-]+", label["name"]), "labels have no spaces"
            self.labels.setdefault(self._row(call)["id"], set()).add(label["name"])
        return Reply(200, {"results": []})

    @route("DELETE", LABEL)
    def remove_label(self, call: Call) -> Reply:
        self._admit(call)
        self.labels[self._row(call)["id"]].remove(call.query["name"])
        return Reply(204)

    # The rules

    def _admit(self, call: Call) -> None:
        pair = base64.b64encode(f"{USER}:{SECRET}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {pair}":
            raise Refusal(self.unauthorised)

    def _row(self, call: Call) -> Row:
        row = self.table("pages").get(call.parts["id"])
        if row is None:
            raise _error(404, "NOT_FOUND", "The page does not exist")
        return row

    def _check(self, body: Row, own: str) -> None:
        if body["status"] != "current":
            raise _error(400, "INVALID_REQUEST_PARAMETER", "A status is required")
        if not body.get("title") or len(body["title"]) > LONGEST:
            raise _error(400, "INVALID_REQUEST_PARAMETER", "The title is missing or too long")
        rows = self.table("pages").values()
        if any(r["title"] == body["title"] and r["id"] != own and r["status"] == "current"
               for r in rows):  # fmt: skip
            raise _error(400, "INVALID_REQUEST_PARAMETER",
                         "A page with this title already exists in this space")  # fmt: skip
        if "parentId" in body and body["parentId"] not in self.table("pages"):
            raise _error(404, "NOT_FOUND", "The parent page does not exist")

    def _keep(self, identity: str, row: Row, text: str) -> None:
        self.now += timedelta(minutes=1)
        number = row.get("version", {"number": 0})["number"] + 1
        stamp = self.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        self.table("pages")[identity] = {
            "status": "current", **row, "id": identity,
            "version": {"number": number, "createdAt": stamp},
            "body": {"storage": {"representation": "storage", "value": _normal(text)}},
        }  # fmt: skip

    def _shown(self, identity: str) -> Row:
        row = self.table("pages")[identity]
        webui = f"/spaces/FIRM/pages/{identity}/{row['title'].replace(' ', '+')}"
        return {**row, "_links": {"webui": webui, "base": "https://firm.atlassian.net/wiki"}}

    def _page(self, call: Call, rows: list[Row]) -> Reply:
        start = int(call.query.get("cursor", 0))
        links = {}
        if start + PAGE < len(rows):
            kept = {n: v for n, v in call.query.items() if n != "cursor"}
            query = "&".join(f"{n}={v}" for n, v in {**kept, "cursor": str(start + PAGE)}.items())
            links = {"next": f"{call.path}?{query}"}
        return Reply(200, {"results": rows[start : start + PAGE], "_links": links})


def _written(body: Row) -> str:
    """The text of a write, which may name its representation or be nested in it."""
    text = body["body"]
    if text.get("representation") == "storage":
        return str(text["value"])
    if set(text) != {"storage"}:
        raise _error(400, "INVALID_REQUEST_PARAMETER", "A representation is required")
    return str(text["storage"]["value"])


def _normal(text: str) -> str:
    """As the editor keeps it: macros with an id of their own, paragraphs in cells."""
    bare = '<ac:structured-macro ac:name="details">'
    marked = '<ac:structured-macro ac:name="details" ac:schema-version="1" ac:macro-id="6f1c">'
    cells = re.sub(r"<td>(?!<p)(.*?)</td>", r'<td><p local-id="1">\1</p></td>', text)
    return cells.replace(bare, marked)


def _error(status: int, code: str, detail: str) -> Refusal:
    error = {"status": status, "code": code, "title": code.title(), "detail": detail}
    return Refusal(Reply(status, {"errors": [error]}))
