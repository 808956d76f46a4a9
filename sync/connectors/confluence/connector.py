"""Clients, engagements and contracts as pages of a Confluence space, both ways.

A page keeps our code in a content property and in its title, which is the only one in its space: a
page is looked for by it before it is made. It is written as the next version of the one that was
read; when somebody else was quicker (409) it is read again. Nothing is written that a page says
already, since every version is told to those who watch it, and no page is ever deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.base import Missing, RecordConnector
from sync.connectors.confluence import page as pages
from sync.connectors.confluence.objects import CONFLUENCE, LINK, PARENT, TITLE
from sync.connectors.faults import Turned, poison, said
from sync.connectors.forms import text_of
from sync.connectors.profile import Object, Profile, Rendered
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.connectors.rest import Response, Rest, by_status, segment
from sync.inbound.arrivals import Item
from sync.models.connections import Connection
from sync.outbound.answers.retry import Answer, Verdict
from sync.outbound.content.envelope import Message

PAGES: Final = "/wiki/api/v2/pages"
#: Version 2 only reads labels.
CONTENT: Final = "/wiki/rest/api/content"
STORAGE: Final = {"body-format": "storage"}
AT_ONCE: Final = 50
ACTIVE, INACTIVE = "active", "inactive"
UNUSED: Final = "assay-inactive"
OVERLAP: Final = timedelta(minutes=2)
Found = dict[str, Any]


class Confluence(RecordConnector):
    """One space of a Confluence site; the connection's address is the site's."""

    profile: ClassVar[Profile] = CONFLUENCE
    capabilities: ClassVar[Capabilities] = Capabilities(
        frozenset({Guarantee.READ_BACK, Guarantee.CONDITIONAL}), reads=True, pulls=True
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        self._rest = Rest(connection.url, self.login, client)
        self._space, self._property = str(self.settings["space_id"]), self.settings["property"]
        self._below = str(self.settings["parent_id"])

    # Writing

    def find(self, thing: Object, key: str) -> str | None:
        """Pages cannot be looked for by a property: `create` does it by the title."""
        return None

    def create(self, thing: Object, rendered: Rendered, message: Message) -> str:
        """Make a page, unless there is one of its title."""
        if not self._space:
            raise poison("the setting space_id names no space for the pages")
        title = pages.titled(rendered.values[TITLE], message.key)
        if (found := self._titled(title)) is not None:
            self.update(thing, found, rendered, message)
            return found
        body = {
            "spaceId": self._space,
            "status": "current",
            "title": title,
            "body": {"representation": "storage", "value": pages.table(_rows(rendered))},
        }
        if parent := rendered.values.get(PARENT) or self._root():
            body["parentId"] = parent
        made = str(self._asked("POST", PAGES, body).data["id"])
        self._mark(made, self._ours(thing, rendered, message))
        return made

    def update(self, thing: Object, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write the next version, where the page says anything else."""
        page = self._page(source_id)
        text = page["body"]["storage"]["value"]
        held = pages.told(text)
        rows = {**(held or {}), **_rows(rendered)}
        wanted = {"title": pages.titled(rendered.values[TITLE], message.key)}
        if PARENT in rendered.values:
            wanted["parentId"] = rendered.values[PARENT] or self._root()
        if rows != held or any(page.get(name) != value for name, value in wanted.items()):
            body = {
                "id": source_id,
                "status": "current",
                **wanted,
                "body": {"representation": "storage", "value": pages.placed(text, rows)},
                "version": {"number": page["version"]["number"] + 1, "message": "Assay"},
            }
            self._asked("PUT", f"{PAGES}/{segment(source_id)}", body)
        self._mark(source_id, self._ours(thing, rendered, message))

    def deactivate(self, thing: Object, source_id: str, message: Message) -> None:
        """Say so in the property and by a label; the page stays for who looks for it."""
        held = self._page(source_id)["property"]
        ours = {"golden_id": message.key, "entity": thing.entity, "status": INACTIVE}
        self._mark(source_id, {**held, **ours})

    def _ours(self, thing: Object, rendered: Rendered, message: Message) -> dict[str, Any]:
        values = {name: None if value is None else text_of(value)
                  for name, value in rendered.attributes.items()}  # fmt: skip
        return {"golden_id": message.key, "entity": thing.entity, "status": ACTIVE,
                "values": values}  # fmt: skip

    def _root(self) -> str:
        """The page below which clients without a parent stand."""
        if not self._below:
            space = self._asked("GET", f"/wiki/api/v2/spaces/{segment(self._space)}").data
            self._below = str(space["homepageId"])
        return self._below

    def _mark(self, source_id: str, value: Mapping[str, Any]) -> None:
        """Set our property and the labels that go with it."""
        place = f"{PAGES}/{segment(source_id)}"
        held = self._held_property(source_id)
        if held is None:
            self._asked("POST", f"{place}/properties", {"key": self._property, "value": value})
        elif held["value"] != value:
            body = {"key": self._property, "value": value,
                    "version": {"number": held["version"]["number"] + 1}}  # fmt: skip
            self._asked("PUT", f"{place}/properties/{held['id']}", body)
        wanted = {f"assay-{value['entity']}", *([UNUSED] if value["status"] == INACTIVE else [])}
        labels = {label["name"] for label in self._all(f"{place}/labels")}
        path = f"{CONTENT}/{segment(source_id)}/label"
        if new := sorted(wanted - labels):
            self._asked("POST", path, [{"prefix": "global", "name": name} for name in new])
        if UNUSED in labels - wanted:
            self._asked("DELETE", path, query={"name": UNUSED})

    # Reading

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What these pages say, or all of the space that are ours."""
        thing = self.object_of(entity)
        if source_ids is None:
            found = (self._read(str(page["id"])) for page in self._listed())
        else:
            found = (self._read(source_id) for source_id in source_ids)
        for page in found:
            if page is not None and page["property"].get("entity") == entity:
                yield Held(
                    entity=entity,
                    source_id=str(page["id"]),
                    key=page["property"]["golden_id"],
                    values=profiles.held(thing, self._inward(page)),
                    active=page["property"]["status"] != INACTIVE,
                    version=str(page["version"]["number"]),
                )

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Pages by the time of their last change, the newest first, so that the end moves it."""
        self.object_of(entity)
        since = datetime.fromisoformat(cursor) - OVERLAP if cursor else None
        last, items = cursor, list[Item]()
        for listed in self._listed(sort="-modified-date"):
            stamp = str(listed["version"]["createdAt"])
            if since and datetime.fromisoformat(stamp) < since:
                break
            last = max(last, stamp, key=_moment)
            items += self.items(entity, [str(listed["id"])])
            if len(items) >= AT_ONCE:
                yield Page(items, cursor)
                items = []
        yield Page(items, last)

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The pages of these ids that are ours and of this entity."""
        for source_id in source_ids:
            page = self._read(source_id)
            if page is not None and page["property"].get("entity") == entity:
                yield Item(str(page["id"]), self._inward(page))

    def _inward(self, page: Found) -> dict[str, Any]:
        """A page as the field map sees it."""
        rows, links = pages.told(page["body"]["storage"]["value"]) or {}, page["_links"]
        base = links.get("base") or f"{self.connection.url.rstrip('/')}/wiki"
        return {
            **{name: value or None for name, value in rows.items()},
            "id": page["id"],
            TITLE: pages.named(page["title"], page["property"]["golden_id"]),
            PARENT: self._client_above(page),
            LINK: f"{base}{links['webui']}",
            "modified": page["version"]["createdAt"],
        }

    def _client_above(self, page: Found) -> str | None:
        """The page of a client that it stands below; people may have moved it elsewhere."""
        above = str(page.get("parentId") or "")
        held = self._held_property(above) if above else None
        return above if held and held["value"].get("entity") == "client" else None

    def _page(self, source_id: str) -> Found:
        page = self._read(source_id)
        if page is None:
            raise Missing(Answer(reason="there is no such page"))
        return page

    def _read(self, source_id: str) -> Found | None:
        """A page with our property on it; None where there is none, or in the bin."""
        response = self._rest.call("GET", f"{PAGES}/{segment(source_id)}", query=STORAGE)
        if response.status == 404:
            return None
        page: Found = dict(_checked(response).data)
        if page["status"] != "current":
            return None
        held = self._held_property(source_id)
        return {**page, "property": held["value"] if held else {}}

    def _held_property(self, source_id: str) -> Found | None:
        query = {"key": self._property}
        path = f"{PAGES}/{segment(source_id)}/properties"
        response = self._rest.call("GET", path, query=query)
        found = [] if response.status == 404 else _checked(response).data["results"]
        return dict(found[0]) if found else None

    def _titled(self, title: str) -> str | None:
        query = {"space-id": self._space, "title": title, "status": "current"}
        found = self._asked("GET", PAGES, query=query).data["results"]
        return str(found[0]["id"]) if found else None

    def _listed(self, **query: str) -> Iterator[Found]:
        asked = {"space-id": self._space, "status": "current", "limit": str(AT_ONCE), **query}
        return self._all(PAGES, asked)

    def _all(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[Found]:
        """Every element of a list; the next page's address comes with the one before."""
        while path:
            data = self._asked("GET", path, query=query).data
            yield from data["results"]
            path, query = str((data.get("_links") or {}).get("next") or ""), None

    def _asked(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Response:
        return _checked(self._rest.call(method, path, body, query=query))


def _rows(rendered: Rendered) -> dict[str, str]:
    """Our table: every field but those that have a place of their own."""
    apart = (TITLE, PARENT)
    return {name: " ".join(text_of(value).split())
            for name, value in rendered.values.items() if name not in apart}  # fmt: skip


def _moment(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp() if stamp else 0.0


def _checked(response: Response) -> Response:
    """The answer if it is a success; raises Turned with what Confluence said."""
    if response.ok:
        return response
    body = response.data if isinstance(response.data, Mapping) else {}
    errors = body.get("errors") or ()
    words = "; ".join(str(error.get("detail") or error.get("title")) for error in errors)
    told = by_status(response.answer, words or str(body.get("message") or ""))
    if response.status == 400 and "title already exists" in words:
        told = said(
            told, Verdict.FAILED, told.reason
        )  # somebody was quicker: it is found next time
    raise Turned(told)
