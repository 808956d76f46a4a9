"""Law 1, proved: every golden record is what the function says of its linked records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models

from canonical import configuration, writer
from canonical.entities import ENTITIES, model_of, rows_of, schema_of
from canonical.golden import due
from canonical.golden.document import content_hash
from canonical.golden.recompute import Computed, compute
from canonical.golden.typed import row_shape, typed_columns
from canonical.models import Change, Golden, GoldenReference, Merge
from canonical.resolution import placed

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a stored golden record is not what it should be."""

    golden: UUID
    code: str
    where: str
    detail: str


def verify(progress: Callable[[int], object] = lambda _: None) -> Iterator[Difference]:
    """Recompute everything in memory and compare it with what is stored; writes nothing golden.

    Records that wait for a recompute are pending, not wrong. `progress` is called with the number
    of records checked since the last call.
    """
    for entity in ENTITIES:
        batch: list[Golden] = []
        for golden in Golden.objects.filter(entity=entity).order_by("id").iterator(CHUNK):
            batch.append(golden)
            if len(batch) == CHUNK:
                yield from _verify(entity, batch)
                progress(len(batch))
                batch = []
        yield from _verify(entity, batch)
        progress(len(batch))


def _verify(entity: str, goldens: list[Golden]) -> Iterator[Difference]:
    waiting = due.pending([g.id for g in goldens])
    settled = [g for g in goldens if g.id not in waiting]
    if not settled:
        return
    computed = compute(settled, configuration.current(), writer.now())
    stored = _Stored(entity, settled)
    for golden in settled:
        yield from _differences(golden, computed[golden.id], stored)


class _Stored:
    """What the tables hold of a batch of golden records."""

    def __init__(self, entity: str, goldens: list[Golden]) -> None:
        ids = [g.id for g in goldens]
        self.entity = entity
        self.typed = {row.pk: row for row in model_of(entity)._default_manager.filter(pk__any=ids)}
        self.rows = _list_rows(entity, ids)
        self.references: dict[UUID, set[tuple[str, str]]] = {golden: set() for golden in ids}
        edges = GoldenReference.objects.filter(golden__any=ids)
        for golden, path, target in edges.values_list("golden_id", "path", "target_id"):
            self.references[golden].add((path, str(target)))
        heads = Change.objects.filter(golden__any=ids).order_by("golden_id", "version")
        self.journal = {
            golden: (version, after)
            for golden, version, after in heads.values_list("golden_id", "version", "after")
        }
        history = model_of(entity).history.filter(golden_id__any=ids)  # type: ignore[attr-defined]
        self.history: dict[UUID, list[models.Model]] = {golden: [] for golden in ids}
        for row in history.order_by("version"):
            self.history[row.golden_id].append(row)
        merges = Merge.objects.filter(absorbed__any=ids, undone_at__isnull=True)
        self.merges = dict(merges.values_list("absorbed_id", "survivor_id"))


def _list_rows(entity: str, ids: list[UUID]) -> dict[UUID, list[models.Model]]:
    model = rows_of(entity)
    found: dict[UUID, list[models.Model]] = {golden: [] for golden in ids}
    if model is not None:
        owner, _, _ = row_shape(entity)
        rows = model._default_manager.filter(**{f"{owner}__in": ids}).order_by("position")
        for row in rows:
            found[getattr(row, f"{owner}_id")].append(row)
    return found


def _differences(golden: Golden, item: Computed, stored: _Stored) -> Iterator[Difference]:
    def difference(where: str, detail: str) -> Difference:
        return Difference(golden.id, golden.code, where, detail)

    if content_hash(item.after) != golden.content_hash:
        yield difference("golden", "is not what its source records give")
    version, after = stored.journal.get(golden.id, (0, None))
    if version != golden.version:
        yield difference("journal", f"ends at version {version}, not {golden.version}")
    elif after is not None and content_hash(after) != golden.content_hash:
        yield difference("journal", "holds another content")
    if golden.state != item.after["state"]:
        yield difference("golden", f"is {golden.state}, not {item.after['state']}")
    if golden.merged_into_id != stored.merges.get(golden.id):
        yield difference("golden", "does not answer with the survivor of its merge")
    yield from (difference(*found) for found in _typed_differences(golden, item, stored))


def _typed_differences(
    golden: Golden, item: Computed, stored: _Stored
) -> Iterator[tuple[str, str]]:
    entity, row = stored.entity, stored.typed.get(golden.id)
    history = stored.history[golden.id]
    if row is None:
        yield "typed table", "has no row"
        return
    yield from _column_differences("typed table", row, entity, item)
    if [kept.version for kept in history] != list(range(1, golden.version + 1)):  # type: ignore[attr-defined]
        yield "history", f"has not each of the versions 1 to {golden.version} once"
    else:
        yield from _column_differences("history", history[-1], entity, item)
    edges = {(path, target) for path, _, target, _ in placed(schema_of(entity), item.after)}
    if edges != stored.references[golden.id]:
        yield "references", "are not those of the values"
    if rows_of(entity) is not None:
        _, listed, columns = row_shape(entity)
        elements = item.after.get(listed) or []
        rows = stored.rows[golden.id]
        same = len(rows) == len(elements) and all(
            _same(held, column, element.get(name))
            for held, element in zip(rows, elements, strict=False)
            for name, column in columns
        )
        if not same:
            yield listed, "are not those of the golden record"


def _column_differences(
    where: str, row: models.Model, entity: str, item: Computed
) -> Iterator[tuple[str, str]]:
    for column, value in typed_columns(entity, item.after).items():
        if not _same(row, column, value):
            yield f"{where}, {column}", f"holds {getattr(row, column)!r}, not {value!r}"


def _same(row: models.Model, column: str, value: Any) -> bool:
    held: Any = getattr(row, column)
    if held is None or value is None:
        return (held is None) == (value is None)
    field = next(f for f in row._meta.concrete_fields if f.attname == column)
    if isinstance(field, models.ForeignKey):
        return bool(str(held) == value)
    expected: object = field.to_python(value)
    return bool(expected == held)
