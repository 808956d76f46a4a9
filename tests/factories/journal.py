"""Golden records and journal rows as intake leaves them, for tests that begin at the journal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.utils import timezone

from canonical.models import (
    Change,
    Golden,
    GoldenReference,
    Link,
    LinkCause,
    RecordState,
    SourceRecord,
    System,
)


def system(code: str) -> System:
    """The system of this code, made where it is missing."""
    return System.objects.get_or_create(code=code, defaults={"name": code.upper()})[0]


def golden(entity: str = "client", **document: Any) -> Golden:
    """A golden record of version 1, not yet in the feed."""
    now = timezone.now()
    made = Golden.objects.create(entity=entity, code="", created_at=now, updated_at=now)
    Golden.objects.filter(pk=made.pk).update(code=made.pk.hex[-20:])
    made.refresh_from_db()
    change(made, "created", **document)
    return made


def change(
    record: Golden, kind: str = "updated", *, published: bool = True, **given: Any
) -> Change:
    """The next version of a golden record; what is not given stays as it was."""
    Golden.objects.filter(pk=record.pk).update(version=F("version") + 1)
    record.refresh_from_db()
    last = record.changes.order_by("-version").first()
    before = (last.after if last else None) or {
        "state": "active",
        "merged_into": None,
        "sources": [],
    }
    winners = given.pop("winners", {})
    after = {**before, **given}
    row = Change.objects.create(
        golden=record,
        entity=record.entity,
        version=record.version,
        kind=kind,
        published=published,
        actor_id="test",
        actor_name="Test",
        correlation_id="c-1",
        policy_version=1,
        recorded_at=timezone.now(),
        after=after,
        winners=winners,
        salt="s",
        content_digest="",
        prev_hash="",
        hash="",
    )
    Golden.objects.filter(pk=record.pk).update(
        state=after["state"],
        merged_into=after["merged_into"],
        published_version=record.version if published else record.published_version,
    )
    record.refresh_from_db()
    return row


def refer(child: Golden, *parents: Golden, ordering: bool = True) -> None:
    """Let a record refer to others."""
    GoldenReference.objects.bulk_create(
        GoldenReference(golden=child, path=f"p{number}", target=parent, ordering=ordering)
        for number, parent in enumerate(parents)
    )


def known_as(record: Golden, code: str, source_id: str, *, primary: bool = False) -> SourceRecord:
    """A source record of a system, linked to the golden record."""
    now = timezone.now()
    source = SourceRecord.objects.create(
        system=system(code),
        entity=record.entity,
        source_id=source_id,
        state=RecordState.ACTIVE,
        primary=primary,
        received_at=now,
    )
    Link.objects.create(record=source, golden=record, since=now, cause=LinkCause.CREATED)
    return source


def clients(number: int, **document: Any) -> list[Golden]:
    """That many clients, named one after the other."""
    return [golden(legal_name=f"Client {n}", **document) for n in range(number)]


def versions(record: Golden, number: int) -> Iterable[Change]:
    """That many more versions of a record, each with a name of its own."""
    return [change(record, legal_name=f"Version {record.version + 1}") for _ in range(number)]
