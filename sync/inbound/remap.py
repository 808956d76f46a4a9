"""A new mapping in force: what is held is mapped again, through intake, in its old order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from django.db.models import OuterRef, Subquery

from canonical import exact_json
from canonical.access import Principal
from canonical.identity.intake import Arrival
from canonical.identity.order import Ordering
from canonical.models import STANDING, SourceRecord, SourceVersion
from sync.inbound import catalogue
from sync.inbound.answers import Answer
from sync.inbound.arrivals import BadItem, Item, arrive
from sync.inbound.mapping import Mapping
from sync.inbound.receive import CHUNK, take_in


def remap(
    principal: Principal,
    system: str,
    entity: str,
    progress: Callable[[int], object] = lambda _: None,
) -> dict[str, int]:
    """Map the newest version of every record again; how many there were of each outcome.

    Quarantined records are among them: the new mapping may be what they waited for. Stopped half
    way it can be started again: what is mapped already is unchanged.
    """
    counts: Counter[str] = Counter()
    for versions in newest(system, entity):
        counts.update(a.outcome for a in again(principal, system, entity, versions))
        progress(len(versions))
    return dict(counts)


def again(
    principal: Principal, system: str, entity: str, versions: Sequence[SourceVersion]
) -> list[Answer]:
    """Map these payloads by the mapping in force, and take in what comes of them."""
    mapping = catalogue.active(system, entity)
    arrivals = [a for a in (_again(v, entity, mapping) for v in versions) if a is not None]
    return take_in(principal, system, entity, arrivals)


def newest(system: str, entity: str) -> Iterator[list[SourceVersion]]:
    """Each record's newest payload, a chunk of records at a time."""
    last: UUID | None = None
    payloads = SourceVersion.objects.filter(record=OuterRef("pk"), retired=False)
    payloads = payloads.filter(STANDING).order_by("-order_key", "-digest", "-mapping_version")
    while True:
        records = SourceRecord.objects.filter(system=system, entity=entity)
        records = records.filter(id__gt=last) if last else records
        rows = records.annotate(newest=Subquery(payloads.values("id")[:1])).order_by("id")
        found = list(rows.values_list("id", "newest")[:CHUNK])
        if not found:
            return
        last = found[-1][0]
        ids = [version for _, version in found if version]
        yield list(SourceVersion.objects.filter(id__in=ids).select_related("record"))


def _again(version: SourceVersion, entity: str, mapping: Mapping | None) -> Arrival | None:
    item = Item(version.record.source_id, exact_json.loads(version.raw))
    try:
        arrival = arrive(entity, item, mapping)
    except BadItem:
        return None
    return replace(
        arrival,
        raw=version.raw,
        digest=version.digest,
        order=Ordering(version.order_key, version.happened_at, fell_back=False),
    )
