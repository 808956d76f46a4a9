"""Writing to Oracle Fusion by its REST resources, and asking it what changed.

Our code is the number of accounts, projects and contracts that we make, by which Oracle upserts; a
known record keeps its own. A record is written only as it was read (`If-Match`). A contract names
its party by an id that is asked for, and of a contract only the version that holds now is seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.base import Missing, RecordConnector
from sync.connectors.faults import Turned, poison, said
from sync.connectors.oracle import bodies
from sync.connectors.oracle.objects import (
    EXPANDED,
    NUMBERS,
    ONLY,
    ORACLE,
    PARTY,
    ROOTS,
    STAMP,
)
from sync.connectors.profile import Object, Profile, Rendered
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.connectors.rest import Response, Rest, by_status, segment
from sync.inbound.arrivals import Item
from sync.models.connections import Connection
from sync.outbound.answers.retry import Answer, Verdict
from sync.outbound.content.envelope import Message

#: More are asked for in vain: Oracle answers with so many and says nothing.
AT_ONCE: Final = 499
FRAMEWORK: Final = {"rest-framework-version": "4"}
UPSERT: Final = {"upsert-mode": "true"}
#: A change that is committed late shows an earlier time: that much is read again.
OVERLAP: Final = timedelta(minutes=2)
Record = Mapping[str, Any]


class Oracle(RecordConnector):
    """One Oracle Fusion environment."""

    profile: ClassVar[Profile] = ORACLE
    capabilities: ClassVar[Capabilities] = Capabilities(
        frozenset({Guarantee.UPSERT, Guarantee.CONDITIONAL}), reads=True, pulls=True
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        self._rest = Rest(connection.url, self.login, client, FRAMEWORK)

    # Writing

    def find(self, thing: Object, key: str) -> str | None:
        """By the number that is our code in records that we made."""
        found = list(self._rows(thing, {"q": f"{NUMBERS[thing.name]}='{key}'"}))
        if len(found) > 1:
            raise poison(f"several {thing.name} have the number {key}")
        return str(found[0][thing.id]) if found else None

    def create(self, thing: Object, rendered: Rendered, message: Message) -> str:
        """Upsert by our code as its number."""
        body = {**rendered.filled, **thing.first, NUMBERS[thing.name]: message.key}
        if thing.name == "projects" and self.settings["organization"]:
            body["OwningOrganizationName"] = self.settings["organization"]
        if PARTY in body:
            body |= self.settings["new_contract"]
            body |= bodies.party(self._party_id(body[PARTY]))
        response = self._rest.call("POST", ROOTS[thing.name], body, headers=UPSERT)
        return str(_checked(response).data[thing.id])

    def update(self, thing: Object, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write to the version that was read."""
        body = dict(rendered.values)
        if PARTY in body:
            body[PARTY] = self._party_id(body[PARTY])
        self._patch(thing, source_id, body)

    def _party_id(self, number: str) -> Any:
        """A party's id by its number; Turned where there is no such account any more."""
        account = self.profile.objects["client"]
        found = next(self._of(account, [number]), None)
        if found is None:
            raise poison(f"its client {number} is not there any more")
        return found["PartyId"]

    def deactivate(self, thing: Object, source_id: str, message: Message) -> None:
        """An account becomes inactive, a project closed, a contract cancelled."""
        self._patch(thing, source_id, thing.inactive)

    def _patch(self, thing: Object, source_id: str, body: Record) -> None:
        path = f"{ROOTS[thing.name]}/{segment(source_id)}"
        seen = _checked(self._rest.call("GET", path))
        tag = seen.header("etag")
        headers = {"if-match": tag} if tag else {}
        _checked(self._rest.call("PATCH", path, dict(body), headers=headers))

    # Reading

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the environment holds of these ids, or of every record."""
        thing = self.object_of(entity)
        found = self._rows(thing, {}) if source_ids is None else self._of(thing, source_ids)
        yield from (_held(thing, self._seen(thing, record)) for record in found)

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Records by the time of their last change, the newest first.

        What changes meanwhile moves to the front, so that a page by its offset brings a record
        twice and skips none; it is newer than the first page, where the next reading begins.
        """
        thing = self.object_of(entity)
        query = {"orderBy": f"{STAMP}:desc"}
        if cursor:
            query["q"] = f"{STAMP} >= '{cursor}'"
        latest = ""
        for rows in self._pages(thing, query):
            latest = latest or max(_text(_moment(str(row[STAMP]))) for row in rows)
            yield Page([self._item(thing, row) for row in rows], cursor)
        if latest:
            yield Page([], max(cursor, _text(_moment(latest) - OVERLAP)))

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The records of these ids."""
        thing = self.object_of(entity)
        for record in self._of(thing, source_ids):
            yield self._item(thing, record)

    def _item(self, thing: Object, record: Record) -> Item:
        return Item(str(record[thing.id]), self._seen(thing, record))

    def _seen(self, thing: Object, record: Record) -> dict[str, Any]:
        """A record as the field map reads it."""
        if thing.name == "workers":
            return bodies.worker(record)
        if not record.get(PARTY):
            return dict(record)
        account = self.profile.objects["client"]
        party = next(self._rows(account, {"q": f"PartyId={record[PARTY]}"}), {})
        return {**record, PARTY: party.get(account.id)}

    def _of(self, thing: Object, source_ids: Collection[str]) -> Iterator[Record]:
        for source_id in source_ids:
            if thing.name in EXPANDED:  # its address is a hash, which only a search tells
                yield from self._rows(thing, {"q": f"{thing.id}='{source_id}'"})
                continue
            response = self._rest.call("GET", f"{ROOTS[thing.name]}/{segment(source_id)}")
            if response.status != 404:
                yield _checked(response).data

    def _rows(self, thing: Object, query: Mapping[str, str]) -> Iterator[Record]:
        for rows in self._pages(thing, query):
            yield from rows

    def _pages(self, thing: Object, query: Mapping[str, str]) -> Iterator[list[Record]]:
        """Pages as large as Oracle makes them: the next begins after what came."""
        offset, more = 0, True
        query = {**query, **({"expand": EXPANDED[thing.name]} if thing.name in EXPANDED else {})}
        if conditions := list(filter(None, (query.get("q"), ONLY.get(thing.name)))):
            query["q"] = " and ".join(conditions)
        while more:
            asked = {**query, "limit": str(AT_ONCE), "offset": str(offset), "onlyData": "true"}
            data = _checked(self._rest.call("GET", ROOTS[thing.name], query=asked)).data
            rows = list(data.get("items") or ())
            if rows:
                yield rows
            offset, more = offset + len(rows), bool(data.get("hasMore") and rows)


def _held(thing: Object, record: Record) -> Held:
    return Held(
        entity=thing.entity,
        source_id=str(record[thing.id]),
        values=profiles.held(thing, record),
        active=not all(record.get(name) == value for name, value in thing.inactive.items()),
        version=str(record.get(STAMP) or ""),
    )


def _checked(response: Response) -> Response:
    """The answer if it is a success; raises Turned with what Oracle said."""
    if response.ok:
        return response
    answer = _meaning(response)
    raise (Missing if response.status == 404 else Turned)(answer)


def _meaning(response: Response) -> Answer:
    """`{title, status, "o:errorDetails": [{detail, "o:errorCode", "o:errorPath"}]}`, or text."""
    body = response.data if isinstance(response.data, Mapping) else {}
    details = [d for d in body.get("o:errorDetails") or () if isinstance(d, Mapping)]
    text = "; ".join(f"{d.get('o:errorCode')}: {d.get('detail')}" for d in details)
    if response.status == 412:  # somebody else was faster: look again
        return said(response.answer, Verdict.FAILED, "changed since it was read")
    return by_status(response.answer, text or str(body.get("title") or ""))


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).astimezone(UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
