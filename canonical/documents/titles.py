"""What golden records are called, for lists that name records of any entity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from canonical.entities import model_of
from canonical.models import Golden


@dataclass(frozen=True, slots=True)
class Title:
    """A golden record in one line."""

    id: UUID
    code: str
    entity: str
    state: str
    text: str


def titles(goldens: Collection[UUID]) -> dict[UUID, Title]:
    """By id; one statement, and one more for each entity among them."""
    rows = list(
        Golden.objects.filter(id__in=set(goldens)).values_list("id", "code", "entity", "state")
    )
    by_entity: dict[str, list[UUID]] = defaultdict(list)
    for golden, _, entity, _ in rows:
        by_entity[entity].append(golden)
    texts: dict[UUID, str] = {}
    for entity, ids in by_entity.items():
        model = model_of(entity)
        for golden, *names in model._default_manager.filter(pk__in=ids).values_list(
            "pk", *model.TITLE
        ):
            texts[golden] = next((str(name) for name in names if name), "")
    return {row[0]: Title(*row, text=texts.get(row[0], "")) for row in rows}
