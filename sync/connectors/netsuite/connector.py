"""Writing to NetSuite one record at a time, and asking it by SuiteQL what changed.

Our code is the external id, by which NetSuite upserts. It lets only one program set these for a
kind of record: where that is another, the setting `key_field` names a custom field of ours, and a
record is looked for before it is made. Its idempotency header works for asynchronous calls alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.base import Missing, RecordConnector
from sync.connectors.faults import Turned, poison
from sync.connectors.netsuite import bodies
from sync.connectors.netsuite.answers import meaning
from sync.connectors.netsuite.objects import NETSUITE
from sync.connectors.profile import Object, Profile, Rendered
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.connectors.rest import Response, Rest, segment
from sync.inbound.arrivals import Item
from sync.models.connections import Connection
from sync.outbound.content.envelope import Message

RECORDS: Final = "/services/rest/record/v1"
SUITEQL: Final = "/services/rest/query/v1/suiteql"
EXTERNAL: Final = "externalId"
#: Spelled wrongly, a property is otherwise left out without a word.
STRICT: Final = {"x-netsuite-propertynamevalidation": "Error"}
#: Tables of SuiteQL by kind of record; a kind that is not here keeps no time of its last change.
TABLES: Final = {
    "customer": "customer",
    "employee": "employee",
    "job": "job",
    "salesOrder": "transaction",
}
ONLY: Final = {"salesOrder": "type = 'SalesOrd'"}
AT_ONCE: Final = 200
#: A change that is committed late shows an earlier time: that much is read again.
OVERLAP: Final = timedelta(minutes=2)
FORMAT: Final = 'YYYY-MM-DD"T"HH24:MI:SS'


class NetSuite(RecordConnector):
    """One NetSuite account."""

    profile: ClassVar[Profile] = NETSUITE
    capabilities: ClassVar[Capabilities] = Capabilities(
        frozenset({Guarantee.UPSERT, Guarantee.READ_BACK}), reads=True, pulls=True
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        self._rest = Rest(connection.url, self.login, client, STRICT)
        self._key = str(self.settings["key_field"])

    # Writing

    def find(self, thing: Object, key: str) -> str | None:
        """By external id, or by our custom field."""
        if self._key == EXTERNAL:
            record = self._record(thing, f"eid:{segment(key)}")
            return str(record["id"]) if record else None
        query = {"q": f'{self._key} IS "{key}"'}
        items = self._asked("GET", f"{RECORDS}/{thing.name}", query=query).data["items"]
        if len(items) > 1:
            raise poison(f"several {thing.name} records have the key {key}")
        return str(items[0]["id"]) if items else None

    def create(self, thing: Object, rendered: Rendered, message: Message) -> str:
        """Upsert by external id; with a key of our own, make what was not found."""
        body = self._body(thing, rendered.filled, rendered)
        if self._key == EXTERNAL:
            path = f"{RECORDS}/{thing.name}/eid:{segment(message.key)}"
            return _made(self._asked("PUT", path, body))
        body[self._key] = message.key
        return _made(self._asked("POST", f"{RECORDS}/{thing.name}", body))

    def update(self, thing: Object, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write by internal id; lists are replaced as a whole."""
        body = self._body(thing, rendered.values, rendered)
        self._patch(thing, source_id, {**body, self._key: message.key})

    def deactivate(self, thing: Object, source_id: str, message: Message) -> None:
        """Make it inactive; a sales order is closed."""
        self._patch(thing, source_id, dict(thing.inactive))

    def _body(self, thing: Object, values: Mapping[str, Any], rendered: Rendered) -> dict[str, Any]:
        return bodies.outward(thing, values, rendered.elements, self.settings)

    def _patch(self, thing: Object, source_id: str, body: Mapping[str, Any]) -> None:
        path = f"{RECORDS}/{thing.name}/{segment(source_id)}"
        replaced = bodies.sublists(body)
        query = {"replace": replaced} if replaced else None
        response = self._rest.call("PATCH", path, body, query=query)
        if response.status == 404 and self._record(thing, source_id) is None:
            raise Missing(meaning(response))
        _checked(response)

    def _record(self, thing: Object, which: str) -> dict[str, Any] | None:
        """One record with its lists; None where there is none."""
        path, query = f"{RECORDS}/{thing.name}/{which}", {"expandSubResources": "true"}
        response = self._rest.call("GET", path, query=query)
        return None if response.status == 404 else dict(_checked(response).data)

    def _asked(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Response:
        return _checked(self._rest.call(method, path, body, query=query))

    # Reading

    def projection(self, message: Message) -> Mapping[str, Any]:
        """What the account should hold after the message."""
        thing = self.object_of(message.entity)
        return self._named(thing, super().projection(message))

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the account holds of these ids, or of every record."""
        thing = self.object_of(entity)
        ids = self._all(thing) if source_ids is None else iter(source_ids)
        for source_id in ids:
            record = self._record(thing, segment(source_id))
            if record is not None:
                yield self._held(thing, record)

    def _held(self, thing: Object, record: Mapping[str, Any]) -> Held:
        seen = bodies.inward(thing, record, self.settings)
        values = profiles.held(thing, seen)
        for child in thing.children:
            values[child.attribute] = profiles.held_elements(child, seen)
        ended = all(_within(record.get(name), value) for name, value in thing.inactive.items())
        return Held(
            entity=thing.entity,
            source_id=str(record["id"]),
            key=str(record.get(self._key) or ""),
            values=self._named(thing, values),
            active=not ended,
            version=str(record.get(thing.modified) or "") if thing.modified else "",
        )

    @staticmethod
    def _named(thing: Object, values: Mapping[str, Any]) -> dict[str, Any]:
        lists = {
            child.attribute: bodies.named(child, values[child.attribute])
            for child in thing.children
            if child.attribute in values
        }
        return {**values, **lists}

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Records by the time of their last change; where none is kept, all of them."""
        thing = self.object_of(entity)
        if thing.name not in TABLES:
            for source_id in self._all(thing):
                yield Page(self._items(thing, [source_id]), cursor)
            return
        last = cursor
        for rows in self._changed(thing, cursor):
            last = str(rows[-1]["modified"])
            yield Page(self._items(thing, [str(row["id"]) for row in rows]), last)
        if last != cursor:
            earlier = (datetime.fromisoformat(last) - OVERLAP).isoformat(timespec="seconds")
            yield Page([], max(cursor, earlier))

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The records of these ids."""
        yield from self._items(self.object_of(entity), source_ids)

    def _items(self, thing: Object, ids: Collection[str]) -> list[Item]:
        found = ((i, self._record(thing, segment(i))) for i in ids)
        return [
            Item(i, bodies.inward(thing, record, self.settings))
            for i, record in found
            if record is not None
        ]

    def _changed(self, thing: Object, cursor: str) -> Iterator[list[Mapping[str, Any]]]:
        """Pages of {id, modified}, each beginning after the last row of the one before.

        A page by its number would skip a record when another, changed meanwhile, moves to the end.
        """
        after = f"lastmodifieddate >= {_moment(cursor)}" if cursor else ""
        while rows := self._select(thing, after):
            yield rows
            stamp, number = _moment(str(rows[-1]["modified"])), int(rows[-1]["id"])
            after = (
                f"(lastmodifieddate > {stamp} OR (lastmodifieddate = {stamp} AND id > {number}))"
            )

    def _select(self, thing: Object, where: str) -> list[Mapping[str, Any]]:
        conditions = " AND ".join(filter(None, (ONLY.get(thing.name, ""), where)))
        query = (
            f"SELECT id, TO_CHAR(lastmodifieddate, '{FORMAT}') AS modified "  # noqa: S608 (SuiteQL)
            f"FROM {TABLES[thing.name]}{f' WHERE {conditions}' if conditions else ''} "
            "ORDER BY lastmodifieddate, id"
        )
        response = self._rest.call(
            "POST", SUITEQL, {"q": query}, {"limit": str(AT_ONCE)}, {"prefer": "transient"}
        )
        return list(_checked(response).data["items"])

    def _all(self, thing: Object) -> Iterator[str]:
        """The ids of every record of a kind."""
        offset, more = 0, True
        while more:
            query = {"limit": "1000", "offset": str(offset)}
            page = self._asked("GET", f"{RECORDS}/{thing.name}", query=query).data
            yield from (str(item["id"]) for item in page["items"])
            offset, more = offset + len(page["items"]), bool(page["hasMore"] and page["items"])


def _checked(response: Response) -> Response:
    """The answer if it is a success; raises Turned with what NetSuite said."""
    if not response.ok:
        raise Turned(meaning(response))
    return response


def _made(response: Response) -> str:
    """The internal id at the end of the address that a write answers with."""
    return response.header("location").rpartition("/")[2]


def _within(held: Any, wanted: Any) -> bool:
    """Whether what is held has at least what is wanted: references come with more than their id."""
    if isinstance(wanted, Mapping):
        return isinstance(held, Mapping) and all(held.get(n) == v for n, v in wanted.items())
    return bool(held == wanted)


def _moment(stamp: str) -> str:
    return f"TO_DATE('{datetime.fromisoformat(stamp).strftime('%Y-%m-%dT%H:%M:%S')}', '{FORMAT}')"
