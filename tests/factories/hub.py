"""A small hub spoken to as systems and stewards speak to it: real intake, real stewardship."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from canonical import access
from canonical.golden import journal, verification
from canonical.golden.cause import Cause
from canonical.models import Change, Golden, Link, SourceRecord, System
from sync.inbound.answers import Answer
from sync.inbound.arrivals import Item
from sync.inbound.receive import receive

STEWARD = Cause(actor="user:1", name="Ada", reason="because")
SENDER = access.of_hub("test")
DAWN = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS = {"crm": "version", "erp": "modified_at", "psa": "received"}


def open_hub() -> None:
    """Three systems, one for each way to order versions."""
    for code, order_by in ORDERS.items():
        System.objects.create(code=code, name=code.upper(), order_by=order_by)


def item(system: str, source_id: str, data: Any, order: int | None = None, **given: Any) -> Item:
    """An item whose `order` is a version number, or hours after dawn, as its system counts."""
    if order is not None and ORDERS[system] == "version":
        given["version"] = order
    elif order is not None and ORDERS[system] == "modified_at":
        given["modified_at"] = DAWN + timedelta(hours=order)
    return Item(source_id, data, **given)


def put(
    system: str, entity: str, source_id: str, data: Any, order: int | None = None, **given: Any
) -> Answer:
    """Send one record."""
    return receive(SENDER, system, entity, [item(system, source_id, data, order, **given)])[0]


def delete(system: str, entity: str, source_id: str, order: int | None = None) -> Answer:
    """Say that a record was deleted."""
    return put(system, entity, source_id, None, order, retired=True)


def client(name: str, system: str = "crm", source_id: str = "", **data: Any) -> Golden:
    """The golden record of a client that one system has just sent."""
    sent = {"legal_name": name, **data}
    return golden_of(put(system, "client", source_id or name, sent, 1))


def golden_of(answer: Answer) -> Golden:
    """The golden record an answer names, as it is stored."""
    assert answer.golden is not None, answer
    return Golden.objects.get(pk=answer.golden.pk)


def document(golden: UUID | Golden) -> dict[str, Any]:
    """The newest version's content."""
    key = golden.pk if isinstance(golden, Golden) else golden
    after = Change.objects.filter(golden=key).order_by("-version").first()
    assert after is not None
    assert after.after is not None
    return dict(after.after)


def held(system: str, source_id: str, entity: str = "client") -> SourceRecord:
    """A source record with its current version."""
    records = SourceRecord.objects.select_related("current")
    return records.get(system=system, source_id=source_id, entity=entity)


def home(system: str, source_id: str, entity: str = "client") -> UUID:
    """The golden record a source record is linked to."""
    link = Link.objects.get(record=held(system, source_id, entity), until__isnull=True)
    return link.golden_id


def contents() -> dict[UUID, str]:
    """The content hash of every golden record."""
    return dict(Golden.objects.values_list("id", "content_hash"))


def assert_sound() -> None:
    """Law 1 holds and the journal is whole."""
    wrong = [*verification.verify(), *journal.verify()]
    assert not wrong, wrong
