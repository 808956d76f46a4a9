"""After a new mapping: what its system sent before is mapped again, in the background.

The mark on the mapping is the queue; stopped half way it begins again, and what is mapped already
is unchanged. `rehearse` tells what a mapping would change, by doing it and taking it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from canonical import writer
from canonical.access import Principal, of_hub
from canonical.context import Context, bound, mint_correlation_id
from canonical.documents import records
from canonical.governance.effects import Changed, differing
from canonical.identity import linking
from canonical.models import Golden, SourceRecord
from sync import models
from sync.inbound import remap
from sync.outbound import wake

LEASE = timedelta(seconds=60)


def ask(mapping: models.Mapping) -> None:
    """Let what the system has sent before be mapped again, if there is any."""
    held = SourceRecord.objects.filter(system=mapping.system_id, entity=mapping.entity)
    if held.exists():
        models.Mapping.objects.filter(pk=mapping.pk).update(behind=True)
        mapping.behind = True
        wake.remapping()


def work_off() -> int:
    """Map again what waits for it, unless another does; how many mappings were done with."""
    waiting = models.Mapping.objects.filter(_free(), active=True, behind=True)
    return sum(_work(mapping) for mapping in waiting.order_by("created_at"))


def _free() -> Q:
    return Q(leased_until__isnull=True) | Q(leased_until__lt=writer.now())


def _work(mapping: models.Mapping) -> bool:
    mine = models.Mapping.objects.filter(pk=mapping.pk)
    if not mine.filter(_free(), behind=True).update(leased_until=writer.now() + LEASE):
        return False

    def hold(_: int) -> None:
        mine.update(leased_until=writer.now() + LEASE)

    try:
        with bound(Context(mint_correlation_id())):
            remap.remap(of_hub("remap"), mapping.system_id, mapping.entity, hold)
        mine.update(behind=False)
    finally:
        mine.update(leased_until=None)
    return True


@dataclass(frozen=True, slots=True)
class Effect:
    """What a mapping does to records held: `compared` of them, by what became of each."""

    records: int
    compared: int
    outcomes: dict[str, int]
    changed: list[Changed]


def rehearse(principal: Principal, mapping: models.Mapping) -> Effect:
    """What a mapping that is in force does to the first chunk of what its system sent before.

    For a unit that is taken back.
    """
    system, entity = mapping.system_id, mapping.entity
    versions = next(remap.newest(system, entity), [])
    names = [version.record_id for version in versions]
    before = _contents(names)
    told = remap.again(principal, system, entity, versions)
    after = {golden: said for golden, said in _contents(names).items() if golden in before}
    held = SourceRecord.objects.filter(system=system, entity=entity)
    changed = differing(Golden.objects.in_bulk(list(before)), before, after)
    return Effect(held.count(), len(versions), dict(Counter(a.outcome for a in told)), changed)


def _contents(names: list[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """What the golden records say in which these records stand."""
    homes = sorted(set(linking.homes_now(names).values()))
    return {record.id: record.content for record in records.current(homes)}
