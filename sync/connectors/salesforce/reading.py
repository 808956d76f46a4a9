"""Reading Salesforce by SOQL: by id, by our key, and by time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.base import ProfileConnector, parts
from sync.connectors.faults import Turned
from sync.connectors.profile import Child, Object, Profile, owner_of
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.connectors.rest import Response, Rest
from sync.connectors.salesforce import answers, soql
from sync.connectors.salesforce.objects import CODE_OF_CURRENCY, SALESFORCE, TODAY
from sync.inbound.arrivals import Item
from sync.models.connections import Connection

AT_ONCE: Final = 200
#: A transaction that ends late shows an earlier SystemModstamp: that much is read again.
OVERLAP: Final = timedelta(minutes=2)
#: Marks what we wrote in change events, so that a listener can tell its own echo.
MARK: Final = {"sforce-call-options": "client=assay"}

Record = Mapping[str, Any]


class SalesforceReader(ProfileConnector):
    """The half that asks."""

    profile: ClassVar[Profile] = SALESFORCE
    capabilities: ClassVar[Capabilities] = Capabilities(
        frozenset({Guarantee.UPSERT}), reads=True, pulls=True
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        self._rest = Rest(connection.url, self.login, client, MARK)
        self._base = f"/services/data/v{self.settings['api_version']}"
        self._key = str(self.settings["key_field"])
        self._hidden = {CODE_OF_CURRENCY} if self.settings["currency"] else set[str]()

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the organisation holds of these ids, or of all records that carry our code."""
        thing = self.object_of(entity)
        if not thing.name:
            yield from self._elements_alone(thing, source_ids)
            return
        columns = soql.columns(thing, self._key, self._hidden)
        if source_ids is None:
            where = soql.every(*soql.being(thing.constants), f"{self._key} != NULL")
            queries = [soql.select(columns, thing.name, where)]
        else:
            queries = [
                soql.select(columns, thing.name, soql.among(thing.id, part))
                for part in parts(source_ids, AT_ONCE)
            ]
        for query in queries:
            for records in self._pages("query", query):
                yield from (self._held(thing, record) for record in self._whole(thing, records))

    def _elements_alone(self, thing: Object, keys: Collection[str] | None) -> Iterator[Held]:
        """What exists as its elements alone: the first two parts of their keys name it."""
        records: dict[str, dict[str, Any]] = {}
        for child in thing.children:
            columns = [*soql.child_columns(child, self._key, self._hidden), *child.inactive]
            for where in self._keyed(keys):
                query = soql.select(list(dict.fromkeys(columns)), child.name, where, "Id")
                for element in self._query(query):
                    owner = owner_of(str(element[self._key]))
                    record = records.setdefault(owner, {self._key: owner, child.name: []})
                    if not ended(child.inactive, element):
                        record[child.name].append(self._element(child, element, record, {}))
        for owner, record in records.items():
            values = {c.attribute: profiles.held_elements(c, record) for c in thing.children}
            active = any(record.get(child.name) for child in thing.children)
            yield Held(thing.entity, owner, owner, values, active)

    def _keyed(self, keys: Collection[str] | None) -> Iterator[str]:
        if keys is None:
            yield f"{self._key} != NULL"
            return
        for part in parts(sorted(keys), 50):
            yield " OR ".join(f"{self._key} LIKE {soql.quoted(f'{key}-%')}" for key in part)

    def _held(self, thing: Object, record: Record) -> Held:
        values = profiles.held(thing, record)
        for child in thing.children:
            values[child.attribute] = profiles.held_elements(child, record)
        deleted = bool(thing.deleted and record.get(thing.deleted))
        return Held(
            entity=thing.entity,
            source_id=str(record[thing.id]),
            key=str(record.get(self._key) or "").upper(),
            values=values,
            active=not (deleted or ended(thing.inactive, record)),
            version=str(record.get(thing.modified) or ""),
        )

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Records by SystemModstamp, deleted ones too; the last minutes are read again."""
        thing = self.object_of(entity)
        if not thing.name:
            return
        since = [f"{thing.modified} >= {cursor}"] if cursor else []
        where = soql.every(*soql.being(thing.constants), *since)
        columns = soql.columns(thing, self._key, self._hidden)
        query = soql.select(columns, thing.name, where, f"{thing.modified}, {thing.id}")
        last = ""
        for records in self._pages("queryAll", query):
            whole = self._whole(thing, records)
            if whole:
                last = _literal(whole[-1][thing.modified])
            yield Page([self._item(thing, record) for record in whole], last or cursor)
        if last:
            yield Page([], max(cursor, _literal(last, OVERLAP)))

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The records of these ids, deleted ones too."""
        thing = self.object_of(entity)
        columns = soql.columns(thing, self._key, self._hidden)
        for part in parts(source_ids if thing.name else (), AT_ONCE):
            where = soql.every(*soql.being(thing.constants), soql.among(thing.id, part))
            for records in self._pages("queryAll", soql.select(columns, thing.name, where)):
                yield from (self._item(thing, record) for record in self._whole(thing, records))

    def _item(self, thing: Object, record: Record) -> Item:
        if thing.deleted and record.get(thing.deleted):
            stamp = datetime.fromisoformat(str(record[thing.modified]))
            return Item(str(record[thing.id]), None, stamp, retired=True)
        return Item(str(record[thing.id]), dict(record))

    def _whole(self, thing: Object, records: Sequence[Record]) -> list[dict[str, Any]]:
        """The records with their elements below the name of the child object."""
        currency = {CODE_OF_CURRENCY: self.settings["currency"]} if self._hidden else {}
        whole = [{**record, **currency} for record in records]
        by_id = {record[thing.id]: record for record in whole}
        for child in thing.children:
            for record in whole:
                record[child.name] = []
            columns = soql.child_columns(child, self._key, self._hidden)
            for ids in parts(by_id, AT_ONCE):
                where = soql.among(child.parent, ids)
                for element in self._query(soql.select(columns, child.name, where, "Id")):
                    parent = by_id[element[child.parent]]
                    parent[child.name].append(self._element(child, element, parent, currency))
        return whole

    def _element(
        self, child: Child, element: Record, parent: Record, currency: Record
    ) -> dict[str, Any]:
        """An element with what names it in the list: the end of our key, else its own id."""
        prefix, key = f"{parent.get(self._key) or ''}-".upper(), str(element.get(self._key) or "")
        name = key[len(prefix) :] if key.upper().startswith(prefix) else str(element["Id"])
        return {**element, **currency, child.key: name}

    def _query(self, query: str) -> Iterator[Record]:
        for records in self._pages("query", query):
            yield from records

    def _pages(self, resource: str, query: str) -> Iterator[list[Record]]:
        response = self._asked(f"{self._base}/{resource}", {"q": query})
        while True:
            yield [_bare(record) for record in response.data["records"]]
            if response.data.get("done", True):
                return
            response = self._asked(str(response.data["nextRecordsUrl"]), None)

    def _asked(self, path: str, query: Mapping[str, str] | None) -> Response:
        response = self._rest.call("GET", path, query=query)
        if not response.ok or not isinstance(response.data, Mapping):
            raise Turned(answers.whole(response))
        return response


def ended(inactive: Mapping[str, Any], record: Record) -> bool:
    """Whether the fields that say a record is no longer used say so; TODAY is any day."""
    return bool(inactive) and all(
        record.get(name) is not None if value is TODAY else record.get(name) == value
        for name, value in inactive.items()
    )


def _bare(record: Record) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "attributes"}


def _literal(stamp: str, before: timedelta = timedelta()) -> str:
    """A time as SOQL writes it."""
    moment = datetime.fromisoformat(stamp) - before
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
