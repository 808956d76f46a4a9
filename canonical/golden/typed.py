"""The typed tables and their history, written from canonical values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import models

from canonical import writer
from canonical.attributes import Attribute, Kind
from canonical.entities import model_of, rows_of, schema_of
from canonical.models import GoldenReference
from canonical.resolution import placed

HISTORY_CREATED, HISTORY_CHANGED = "+", "~"


def save(entity: str, versions: Sequence[Version]) -> None:
    """Write the typed rows, their list rows, their references and one history row each."""
    if not versions:
        return
    model = model_of(entity)
    rows = [{"golden_id": v.golden, **typed_columns(entity, v.values)} for v in versions]
    told = list(zip(versions, rows, strict=True))
    writer.insert(model, [row for version, row in told if version.version == 1])
    writer.update(model, [row for version, row in told if version.version > 1])
    writer.insert(_history_of(model), [row | _history(version) for version, row in told])
    _save_rows(entity, versions)
    _save_references(entity, versions)


class Version:
    """One new version of one golden record, ready to be written."""

    __slots__ = ("at", "golden", "reason", "values", "version")

    def __init__(
        self, golden: UUID, version: int, values: Mapping[str, Any], at: datetime, reason: str
    ) -> None:
        self.golden = golden
        self.version = version
        self.values = values
        self.at = at
        self.reason = reason


@cache
def _plain_columns(entity: str) -> tuple[tuple[Attribute, str], ...]:
    """Each attribute of the typed table with its column."""
    fields = {f.name: f for f in model_of(entity)._meta.concrete_fields}
    return tuple((a, str(fields[a.name].column)) for a in schema_of(entity) if not a.table)


def typed_columns(entity: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The typed row of these canonical values, by column, without its primary key."""
    row: dict[str, Any] = {}
    for attribute, column in _plain_columns(entity):
        value = values.get(attribute.name)
        if attribute.kind is Kind.MONEY:
            row[column] = value["amount"] if value else None
            row[f"{column}_currency"] = value["currency"] if value else None
        else:
            row[column] = value
    return row


@cache
def _history_of(model: type[models.Model]) -> type[models.Model]:
    history: type[models.Model] = model.history.model  # type: ignore[attr-defined]
    return history


def _history(version: Version) -> dict[str, Any]:
    return {
        "version": version.version,
        "history_date": version.at,
        "history_change_reason": version.reason[:100] or None,
        "history_type": HISTORY_CREATED if version.version == 1 else HISTORY_CHANGED,
    }


def _save_rows(entity: str, versions: Sequence[Version]) -> None:
    model = rows_of(entity)
    if model is None:
        return
    owner, listed, columns = row_shape(entity)
    changed = [v.golden for v in versions if v.version > 1]
    writer.delete(model, owner, changed)
    rows = [
        {
            f"{owner}_id": version.golden,
            "position": place,
            **{column: element.get(name) for name, column in columns},
        }
        for version in versions
        for place, element in enumerate(version.values.get(listed) or ())
    ]
    writer.insert(model, rows)


@cache
def row_shape(entity: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """The owner's field, the list attribute and the (part, column) pairs of a list table."""
    model = rows_of(entity)
    assert model is not None
    listed: Attribute = model.list_attribute  # type: ignore[attr-defined]
    columns = tuple(
        (f.name, str(f.column)) for f in model._meta.concrete_fields if hasattr(f, "attribute")
    )
    return entity, listed.name, columns


def _save_references(entity: str, versions: Sequence[Version]) -> None:
    schema = schema_of(entity)
    writer.delete(GoldenReference, "golden", [v.golden for v in versions if v.version > 1])
    writer.insert(
        GoldenReference,
        [
            {
                "golden_id": version.golden,
                "path": path,
                "target_id": UUID(target),
                "ordering": ordering,
            }
            for version in versions
            for path, _, target, ordering in placed(schema, version.values)
        ],
    )
