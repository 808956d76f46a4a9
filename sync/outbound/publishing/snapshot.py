"""Everything published, to begin a copy with; the change feed goes on from where it was read.

The place in the feed is read before the first record. What changes while records are read comes
again in the feed, in the same or a newer version; nothing falls between the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from canonical.documents import records
from canonical.documents.records import View
from canonical.models import Golden
from sync.outbound.publishing import feed
from sync.outbound.publishing.feed import Place

PORTION = 500


def begin() -> Place:
    """Where the feed goes on after a snapshot whose records are read from now on."""
    return feed.head()


def documents(entities: Sequence[str], *, sees_restricted: bool) -> Iterator[dict[str, Any]]:
    """Every published golden record, retired and merged ones too, entity after entity."""
    view = View(sees_restricted)
    for entity in entities:
        last: UUID | None = None
        while portion := _portion(entity, last):
            yield from records.show(records.current(portion), view)
            last = portion[-1]


def _portion(entity: str, last: UUID | None) -> list[UUID]:
    goldens = Golden.objects.filter(entity=entity, published_version__isnull=False)
    if last is not None:
        goldens = goldens.filter(id__gt=last)
    return list(goldens.order_by("id").values_list("id", flat=True)[:PORTION])
