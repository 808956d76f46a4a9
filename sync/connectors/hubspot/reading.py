"""Reading HubSpot: by id, by our key, and by the time of the last change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from sync import egress
from sync.connectors import paths
from sync.connectors import profile as profiles
from sync.connectors.base import ProfileConnector, parts
from sync.connectors.faults import Turned
from sync.connectors.hubspot import answers, prices
from sync.connectors.hubspot.objects import (
    HUBSPOT,
    JOINED,
    LIST,
    MERGED,
    OWN,
    PRIMARY,
    UNIQUE,
)
from sync.connectors.profile import Child, Object, Profile, owner_of
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.connectors.rest import Response, Rest
from sync.inbound.arrivals import Item
from sync.models.connections import Connection

AT_ONCE: Final = 100
#: A search answers with at most so many; then it begins anew where it stopped.
MOST_FOUND: Final = 10_000
#: What was written a moment ago may not be found yet: that much is read again.
OVERLAP: Final = timedelta(minutes=2)

Record = Mapping[str, Any]


class HubSpotReader(ProfileConnector):
    """The half that asks."""

    profile: ClassVar[Profile] = HUBSPOT
    capabilities: ClassVar[Capabilities] = Capabilities(
        frozenset({Guarantee.UPSERT}), reads=True, pulls=True
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        self._rest = Rest(connection.url, self.login, client)
        self._key = str(self.settings["key_property"])

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the account holds of these ids, or of all records that carry our code."""
        thing = self.object_of(entity)
        if not thing.name:
            yield from self._elements_alone(thing, source_ids)
            return
        if source_ids is None:
            pages: Iterator[Sequence[Record]] = self._listed(thing, archived=False)
        else:
            pages = (self._batch_read(thing, part) for part in parts(source_ids, AT_ONCE))
        for page in pages:
            mine = [r for r in page if source_ids is not None or r["properties"].get(self._key)]
            yield from (self._held(thing, record) for record in self._whole(thing, mine))

    def _held(self, thing: Object, record: Record) -> Held:
        values = profiles.held(thing, record)
        for child in thing.children:
            values[child.attribute] = profiles.held_elements(child, record)
        ended = bool(thing.inactive) and _within(thing.inactive, record)
        return Held(
            entity=thing.entity,
            source_id=str(record["id"]),
            key=self._key_of(record),
            values=values,
            active=not (ended or record.get("archived")),
            version=str(record.get("updatedAt") or ""),
        )

    def _elements_alone(self, thing: Object, keys: Collection[str] | None) -> Iterator[Held]:
        """What exists as its elements alone, which say in a property whose they are."""
        for child in thing.children:
            lists: dict[str, list[Record]] = {}
            for element in self._elements_of(child, keys):
                owner = str(element["properties"].get(LIST) or "")
                live = lists.setdefault(owner, [])
                if owner and not _within(child.inactive, element):
                    live.append(element)
            lists.pop("", None)
            for owner, elements in lists.items():
                values = {child.attribute: profiles.held_elements(child, {child.name: elements})}
                yield Held(thing.entity, owner, owner, values, bool(elements))

    def _key_of(self, record: Record) -> str:
        return str(record["properties"].get(self._key) or "").upper()

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Records by their last change, then what was archived, then what merges took away."""
        thing = self.object_of(entity)
        if not thing.name:
            return
        if thing.name == "owners":
            yield from self._owners(thing)
            return
        since = datetime.fromisoformat(cursor) if cursor else _EPOCH
        last = since
        for page in self._found(thing, since):
            last = max([last, *(_moment(record["updatedAt"]) for record in page)])
            items = [Item(str(record["id"]), record) for record in self._whole(thing, page)]
            yield Page([*items, *_merged_away(page)], last.isoformat())
        for page in self._listed(thing, archived=True):
            gone = [r for r in page if _moment(r["archivedAt"]) >= since]
            yield Page([_retired(r) for r in gone], last.isoformat())
        if last > since:
            yield Page([], max(since, last - OVERLAP).isoformat())

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The records of these ids; one that was merged away answers with its survivor."""
        thing = self.object_of(entity)
        if not thing.name:
            return
        if thing.name == "owners":
            for page in self._owners(thing):
                yield from (item for item in page.items if item.source_id in source_ids)
            return
        for part in parts(source_ids, AT_ONCE):
            for record in self._whole(thing, self._batch_read(thing, part)):
                yield Item(str(record["id"]), record)

    def _owners(self, thing: Object) -> Iterator[Page]:
        """All of them each time: there are few, and they cannot be searched by time."""
        for page in self._paged("/crm/v3/owners", {"limit": str(AT_ONCE)}):
            yield Page([Item(str(record["id"]), record) for record in page], "")

    def _found(self, thing: Object, since: datetime) -> Iterator[list[Record]]:
        """Pages of a search by time, oldest first, begun anew before it would stop answering."""
        after = 0
        while True:
            stamp = "lastmodifieddate" if thing.name == "contacts" else "hs_lastmodifieddate"
            value = str(int(since.timestamp() * 1000))
            body = {
                "filterGroups": [{"filters": [
                    {"propertyName": stamp, "operator": "GTE", "value": value}]}],
                "sorts": [stamp],
                "properties": self._names(thing),
                "limit": AT_ONCE,
                "after": after,
            }  # fmt: skip
            response = self._asked("POST", f"/crm/v3/objects/{thing.name}/search", body)
            page = list(response.data["results"])
            if page:
                yield page
            following = paths.field(response.data, "paging.next.after")
            if following is None:
                return
            after = int(following)
            if after + AT_ONCE > MOST_FOUND:
                since, after = _moment(page[-1]["updatedAt"]), 0

    def _listed(self, thing: Object | Child, archived: bool) -> Iterator[list[Record]]:
        query = {"limit": str(AT_ONCE), "properties": ",".join(self._names(thing))}
        if archived:
            query["archived"] = "true"
        return self._paged(f"/crm/v3/objects/{thing.name}", query)

    def _paged(self, path: str, query: Mapping[str, str]) -> Iterator[list[Record]]:
        after: str | None = ""
        while after is not None:
            more = {"after": after} if after else {}
            response = self._asked("GET", path, None, {**query, **more})
            yield list(response.data["results"])
            after = paths.field(response.data, "paging.next.after")

    def _batch_read(
        self, thing: Object | Child, ids: Sequence[str], id_property: str = ""
    ) -> list[Record]:
        """Records by their ids, or by a unique property; unknown ones are left out (207)."""
        body: dict[str, Any] = {
            "inputs": [{"id": each} for each in ids],
            "properties": self._names(thing),
            "propertiesWithHistory": [],
        }
        if id_property:
            body["idProperty"] = id_property
        response = self._asked("POST", f"/crm/v3/objects/{thing.name}/batch/read", body)
        return list(response.data["results"])

    def _names(self, thing: Object | Child) -> list[str]:
        """The properties that are read of an object."""
        names = [f.name for f in thing.fields] + list(thing.inactive)
        own = [name.removeprefix(OWN) for name in names if name.startswith(OWN)]
        if isinstance(thing, Child) and thing.name in UNIQUE:
            return [*dict.fromkeys(own)]
        if isinstance(thing, Child) and not thing.parent:
            own += [LIST, *prices.others(self.settings).values()]
        merged = [MERGED] if isinstance(thing, Object) else []
        return [*dict.fromkeys([*own, self._key, *merged])]

    def _whole(self, thing: Object, records: Sequence[Record]) -> list[dict[str, Any]]:
        """The records with the ids they are associated with, and their elements."""
        whole = [{**record, "associations": {}} for record in records]
        ids = [record["id"] for record in whole]
        for field in thing.fields:
            if field.name.startswith(JOINED):
                other = field.name.removeprefix(JOINED)
                seen = self._seen(thing, other, ids)
                for record in whole:
                    record["associations"][other] = seen.get(record["id"])
        for child in thing.children:
            joined = self._associated(thing.name, child.name, ids)
            elements = self._members(child, sorted({i for ends in joined.values() for i in ends}))
            for record in whole:
                found = (elements.get(i) for i in joined.get(record["id"], ()))
                record[child.name] = [element for element in found if element]
        return whole

    def _seen(self, thing: Object, other: str, ids: Sequence[str]) -> dict[str, str]:
        """What each record is seen joined with: the primary one, else one of ours before others."""
        joined = self._associated(thing.name, other, ids)
        several = {b for ends in joined.values() if len(ends) > 1 for b in ends}
        if (thing.name, other) in PRIMARY or not several:
            return {a: ends[0] for a, ends in joined.items() if ends}
        ours = self._ours(other, sorted(several))
        return {a: min(ends, key=lambda b: b not in ours) for a, ends in joined.items() if ends}

    def _ours(self, name: str, ids: Sequence[str]) -> set[str]:
        """Which records of an object have a code of ours."""
        [thing] = (each for each in self.profile.objects.values() if each.name == name)
        pages = (self._batch_read(thing, part) for part in parts(ids, AT_ONCE))
        return {str(row["id"]) for page in pages for row in page if self._key_of(row)}

    def _members(self, child: Child, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Elements by their ids."""
        read = (self._batch_read(child, part) for part in parts(ids, AT_ONCE))
        return {str(row["id"]): self._element(child, row) for page in read for row in page}

    def _elements_of(
        self, child: Child, records: Collection[str] | Mapping[str, str] | None
    ) -> Iterator[Mapping[str, Any]]:
        """Elements of records {our code: id}, of lists by our codes alone, or of all lists."""
        if child.parent and isinstance(records, Mapping):
            joined = self._associated(child.parent, child.name, list(records.values()))
            yield from self._members(child, [i for ends in joined.values() for i in ends]).values()
            return
        pages = self._listed(child, archived=False) if records is None else self._of(child, records)
        yield from (self._element(child, record) for page in pages for record in page)

    def _of(self, child: Child, codes: Collection[str]) -> Iterator[list[Record]]:
        """Pages of elements by the code of their list; IN wants text in small letters."""
        for part in parts(sorted(codes), AT_ONCE):
            values = [code.lower() for code in part]
            sought = {"propertyName": LIST, "operator": "IN", "values": values}
            after: str | int | None = 0
            while after is not None:
                body = {"filterGroups": [{"filters": [sought]}], "sorts": [],
                        "properties": self._names(child), "limit": AT_ONCE,
                        "after": after}  # fmt: skip
                path = f"/crm/v3/objects/{child.name}/search"
                response = self._asked("POST", path, body)
                yield list(response.data["results"])
                after = paths.field(response.data, "paging.next.after")

    def _element(self, child: Child, record: Record) -> dict[str, Any]:
        """An element with what names it in its list: a value of its own, the end of our key, or
        its id."""
        said = record["properties"]
        if unique := UNIQUE.get(child.name):
            name = " ".join(filter(None, (said.get("firstname"), said.get("lastname"))))
            return {**record, child.key: said.get(unique), "full_name": name}
        key = self._key_of(record)
        name = key.removeprefix(f"{owner_of(key)}-") if key else str(record["id"])
        if not child.parent:
            said = prices.inward(said, self.settings)
        return {**record, "properties": said, child.key: name}

    def _associated(self, name: str, other: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """The ids that records are joined with, the primary one first."""
        joined: dict[str, list[str]] = {}
        for part in parts(ids, AT_ONCE):
            path = f"/crm/v4/associations/{name}/{other}/batch/read"
            response = self._asked("POST", path, {"inputs": [{"id": i} for i in part]})
            for result in response.data["results"]:
                ends = sorted(result["to"], key=lambda to: not _is(to, PRIMARY.get((name, other))))
                joined[str(result["from"]["id"])] = [str(to["toObjectId"]) for to in ends]
        return joined

    def _asked(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Response:
        response = self._rest.call(method, path, body, query)
        if not response.ok or not isinstance(response.data, Mapping):
            raise Turned(answers.whole(response))
        return response


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _within(inactive: Mapping[str, Any], record: Record) -> bool:
    return all(paths.field(record, name) == value for name, value in inactive.items())


def _is(end: Record, kind: int | None) -> bool:
    """Whether an association is of a type."""
    return any(each.get("typeId") == kind for each in end.get("associationTypes") or ())


def _moment(stamp: Any) -> datetime:
    return datetime.fromisoformat(str(stamp))


def _retired(record: Record) -> Item:
    return Item(str(record["id"]), None, _moment(record["archivedAt"]), retired=True)


def _merged_away(records: Sequence[Record]) -> Iterator[Item]:
    """The ids that a merge there took away: they answer with the survivor, and say no more."""
    for record in records:
        ids = str(paths.field(record, f"properties.{MERGED}") or "")
        for merged in filter(None, ids.split(";")):
            yield Item(merged, None, _moment(record["updatedAt"]), retired=True)
