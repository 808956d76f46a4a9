"""Workday's records, read by its services. Nothing is written.

Pages of one reading all show the same moment (As_Of_Entry_DateTime), so that a change in between
moves no record from one page to another. A cursor in the middle of a reading keeps that moment.
Of workers Workday tells what changed; of everything else all is read each time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from django.utils import timezone

from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.base import ProfileConnector, parts
from sync.connectors.profile import Profile
from sync.connectors.protocol import Capabilities, Held, Page
from sync.connectors.soap import Soap
from sync.connectors.workday.objects import MANY, OPERATIONS, WORKDAY, Operation
from sync.connectors.workday.references import Record, at
from sync.connectors.workday.revenue import lines_of
from sync.inbound.arrivals import Item
from sync.models.connections import Connection

NAMESPACE: Final = "urn:com.workday/bsvc"
AT_ONCE: Final = 100
OVERLAP: Final = timedelta(minutes=2)


class Workday(ProfileConnector):
    """One tenant; the connection's address ends with it: .../ccx/service/acme."""

    profile: ClassVar[Profile] = WORKDAY
    capabilities: ClassVar[Capabilities] = Capabilities(frozenset(), reads=True, pulls=True)

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        base, version = connection.url.rstrip("/"), self.settings["version"]
        self._services = {
            name: Soap(f"{base}/{name}/{version}", NAMESPACE, self.login, client, MANY)
            for name in {operation.service for operation in OPERATIONS.values()}
        }
        self._contracts: tuple[str, Mapping[str, str]] = "", {}

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """The records of these ids, or all of them."""
        self.object_of(entity)
        moment = _text(timezone.now())
        if source_ids is None:
            rows = self._all(OPERATIONS[entity], {}, moment)
        else:
            rows = self._of(OPERATIONS[entity], source_ids, moment)
        yield from (self._held(entity, row, moment) for row in rows)

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The records of these ids."""
        self.object_of(entity)
        moment = _text(timezone.now())
        for row in self._of(OPERATIONS[entity], source_ids, moment):
            yield self._item(entity, row, moment)

    def _of(
        self, operation: Operation, source_ids: Collection[str], moment: str
    ) -> Iterator[Record]:
        for some in parts(source_ids, AT_ONCE):
            wanted = [{"ID": {"@type": "WID", "#": each}} for each in some]
            criteria = {"Request_References": {f"{operation.element}_Reference": wanted}}
            yield from self._all(operation, criteria, moment)

    def _held(self, entity: str, row: Record, moment: str) -> Held:
        seen = self._seen(entity, row, moment)
        values = profiles.held(self.object_of(entity), seen)
        return Held(entity, str(seen["id"]), values=values, active=not seen.get("ended"))

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Records by the transactions since the cursor, page by page of one moment.

        Where Workday keeps no log of them, all records; a cursor then only stands within a reading.
        """
        self.object_of(entity)
        operation = OPERATIONS[entity]
        place = json.loads(cursor) if cursor else {}
        moment = place.get("as_of") or _text(timezone.now())
        since, page = place.get("since"), int(place.get("page", 1))
        while True:
            criteria = _updated(since, moment) if operation.logged else {}
            rows, pages = self._page(operation, criteria, moment, page)
            items = [self._item(entity, row, moment) for row in rows]
            page += 1
            if page > pages:
                yield Page(items, _since(moment) if operation.logged else "")
                return
            following = {"since": since, "as_of": moment, "page": page}
            yield Page(items, json.dumps(following))

    def _item(self, entity: str, row: Record, moment: str) -> Item:
        seen = self._seen(entity, row, moment)
        return Item(str(seen["id"]), seen)

    def _seen(self, entity: str, row: Record, moment: str) -> dict[str, Any]:
        """A record as the field map reads it; a schedule with the contract of its lines."""
        seen = OPERATIONS[entity].flat(row)
        if entity == "billing_schedule":
            lines = self._lines(moment)
            found = (lines[line] for line in seen["line_ids"] if line in lines)
            seen["contract"] = next(found, None)
        return seen

    def _lines(self, moment: str) -> Mapping[str, str]:
        """The contract of every contract line, as of a moment: read once for all schedules."""
        held, lines = self._contracts
        if held != moment:
            rows = self._all(OPERATIONS["contract"], {}, moment)
            lines = {line: contract for row in rows for line, contract in lines_of(row).items()}
            self._contracts = moment, lines
        return lines

    def _all(self, operation: Operation, criteria: Record, moment: str) -> Iterator[Record]:
        page, pages = 1, 1
        while page <= pages:
            rows, pages = self._page(operation, criteria, moment, page)
            yield from rows
            page += 1

    def _page(
        self, operation: Operation, criteria: Record, moment: str, page: int
    ) -> tuple[list[Record], int]:
        """One page of records, and how many pages there are."""
        message = {
            "@version": self.settings["version"],
            **criteria,
            "Response_Filter": {"As_Of_Entry_DateTime": moment, "Page": page, "Count": AT_ONCE},
            "Response_Group": dict.fromkeys(operation.group, True) or None,
        }
        service = self._services[operation.service]
        answer = service.call(f"{operation.name}_Request", message)
        pages = int(at(answer, "Response_Results", "Total_Pages") or 1)
        return list(at(answer, "Response_Data", operation.element) or ()), pages


def _updated(since: str | None, through: str) -> dict[str, Any]:
    if since is None:
        return {}
    span = {"Updated_From": since, "Updated_Through": through}
    log = {"Transaction_Date_Range_Data": span}
    return {"Request_Criteria": {"Transaction_Log_Criteria_Data": log}}


def _since(moment: str) -> str:
    """The cursor for the next reading: the moment of this one, less what may come late."""
    return json.dumps({"since": _text(datetime.fromisoformat(moment) - OVERLAP)})


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
