"""Reading Kantata OX: by id, by our external reference, and by the time of the last change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.base import Missing, RecordConnector, parts
from sync.connectors.faults import Turned
from sync.connectors.kantata import answers
from sync.connectors.kantata.objects import KANTATA, KEY, SUBJECTS
from sync.connectors.profile import Object, Profile
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.connectors.rest import Rest
from sync.inbound.arrivals import Item
from sync.models.connections import Connection

API: Final = "/api/v1"
AT_ONCE: Final = 200
#: A change that is committed late shows an earlier time: that much is read again.
OVERLAP: Final = timedelta(minutes=2)
#: A stamp may hold more digits than it shows: a page begins that much before the last row.
BACK: Final = timedelta(seconds=1)
INCLUDED: Final = {
    "workspace_groups": "external_references",
    "workspaces": "external_references,workspace_groups",
}

Record = dict[str, Any]


class KantataReader(RecordConnector):
    """The half that asks."""

    profile: ClassVar[Profile] = KANTATA
    capabilities: ClassVar[Capabilities] = Capabilities(
        frozenset({Guarantee.READ_BACK}), reads=True, pulls=True
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        self._rest = Rest(connection.url, self.login, client)
        self._service = str(self.settings["service_name"])

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the account holds of these ids, or of all records that have our reference."""
        thing = self.object_of(entity)
        for record in self._records(thing, source_ids):
            if source_ids is not None or record.get(KEY):
                yield self._held(thing, record)

    def _records(self, thing: Object, ids: Collection[str] | None) -> Iterator[Record]:
        if ids is None:
            yield from self._rows(thing.name, self._including(thing))
            return
        for part in parts(ids, AT_ONCE):
            query = {**self._including(thing), "only": ",".join(part)}
            yield from self._rows(thing.name, query)

    def _record(self, thing: Object, source_id: str) -> Record | None:
        return next(self._records(thing, [source_id]), None)

    @staticmethod
    def _held(thing: Object, record: Record) -> Held:
        ended = bool(thing.inactive) and all(record.get(n) == v for n, v in thing.inactive.items())
        return Held(
            entity=thing.entity,
            source_id=str(record["id"]),
            key=str(record.get(KEY) or ""),
            values=profiles.held(thing, record),
            active=not (ended or record.get("ended")),
            version=str(record.get(thing.modified) or "") if thing.modified else "",
        )

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Records by the time of their last change; users, of which there are few, all of them."""
        thing = self.object_of(entity)
        if not thing.modified:
            yield Page([Item(str(r["id"]), r) for r in self._records(thing, None)], cursor)
            return
        last = cursor
        for page in self._changed(thing, cursor):
            last = max(last, str(page[-1][thing.modified]), key=_moment)
            yield Page([Item(str(record["id"]), record) for record in page], last)
        if self.settings["events"] and cursor:
            yield Page(self._hinted(thing, cursor), last)
        if last != cursor:
            yield Page([], max(cursor, _text(_moment(last) - OVERLAP), key=_moment))

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The records of these ids."""
        for record in self._records(self.object_of(entity), source_ids):
            yield Item(str(record["id"]), record)

    def _changed(self, thing: Object, cursor: str) -> Iterator[list[Record]]:
        """Pages by time, each asked for from the last row of the one before.

        A page by its number would skip a record when another, changed meanwhile, moves to the end.
        Many of one moment are turned over by number.
        """
        since, number, seen = cursor, 1, set[tuple[str, str]]()
        while True:
            query = {**self._including(thing), "order": "updated_at:asc"}
            if since:
                query["updated_after"] = since
            page, total = self._page(thing.name, query, number)
            fresh = [r for r in page if (str(r["id"]), str(r[thing.modified])) not in seen]
            seen |= {(str(r["id"]), str(r[thing.modified])) for r in fresh}
            if fresh:
                yield fresh
            if not page or len(page) >= total:
                return
            later = _text(_moment(str(page[-1][thing.modified])) - BACK)
            if not since or _moment(later) > _moment(since):
                since, number = later, 1
            else:
                number += 1

    def _hinted(self, thing: Object, cursor: str) -> list[Item]:
        """What events speak of, read again: they come in any order, twice, and tell of deletions.

        A record that is not there any more is gone, whatever the events say of it.
        """
        query = {"subject_type": SUBJECTS[thing.name], "created_after": cursor}
        ids = {str(row["subject_id"]) for row in self._rows("subscribed_events", query)}
        there = {str(record["id"]): record for record in self._records(thing, sorted(ids))}
        now = datetime.now(UTC)
        gone = [Item(i, None, now, retired=True) for i in sorted(ids - there.keys())]
        return [*(Item(i, record) for i, record in there.items()), *gone]

    def _refer(
        self, subject: str, source_id: str, model: str, key: str, status: str, part: str = ""
    ) -> None:
        """Say that a record is ours, or a part of ours, and whether it is in use."""
        reference = {
            "subject_type": subject,
            "subject_id": int(source_id),
            "service_name": self._service,
            "service_model": model,
            "service_model_ref": key,
            "status": "successful",
            "external_status": status,
            **({"external_message": part} if part else {}),
        }
        body = {"external_reference": reference}
        self._asked("POST", "/external_references/create_or_update", body)

    def _referred(self, subject: str, model: str, key: str) -> Iterator[str]:
        """The ids of the records that our external reference belongs to."""
        query = {"subject_type": subject, "service_name": self._service,
                 "service_model": model, "service_model_ref": key}  # fmt: skip
        for row in self._rows("external_references", query):
            if row.get("service_model_ref") == key:
                yield str(row["subject_id"])

    def _including(self, thing: Object) -> dict[str, str]:
        return {"include": INCLUDED[thing.name]} if thing.name in INCLUDED else {}

    def _rows(self, name: str, query: Mapping[str, str]) -> Iterator[Record]:
        """The records of all pages, which may be smaller than was asked for."""
        number, seen = 1, 0
        while True:
            page, total = self._page(name, query, number)
            yield from page
            seen, number = seen + len(page), number + 1
            if not page or seen >= total:
                return

    def _page(self, name: str, query: Mapping[str, str], number: int) -> tuple[list[Record], int]:
        """One page, and how many records there are on all of them."""
        asked = {**query, "per_page": str(AT_ONCE), "page": str(number)}
        data = self._asked("GET", f"/{name}", query=asked)
        by_name = {thing.name: thing for thing in self.profile.objects.values()}
        rows = [dict(row) for row in answers.rows(data)]
        if name in by_name:
            rows = [answers.inward(by_name[name], row, data, self._service) for row in rows]
        return rows, int(data.get("count") or 0)

    def _asked(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        response = self._rest.call(method, f"{API}{path}", body, query=query)
        if response.status == 404:
            raise Missing(answers.meaning(response))
        if not response.ok:
            raise Turned(answers.meaning(response))
        return response.data if isinstance(response.data, Mapping) else {}


_DAWN: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp) if stamp else _DAWN


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
