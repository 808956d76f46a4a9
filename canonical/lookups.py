"""`field__any=[...]`: membership as one array parameter.

`IN` sends a parameter per value, which Django, the driver and PostgreSQL's planner each walk; with
thousands of ids that was a quarter of a chunk's time. SQLite, without arrays, keeps `IN`; where
the values come later (`reader.Slot`) it gets them as one JSON text.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In

from canonical.reader import Filled, Slot, array, listed, texts


class _AsArray:
    """Turns the values of an `IN` into one array on PostgreSQL."""

    rhs: Any
    lhs: Any

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        lhs, params = compiler.compile(self.lhs)
        field = self._field()
        values: Any
        if isinstance(self.rhs, Slot):
            text = isinstance(field, models.CharField | models.TextField)
            values = Filled(self.rhs.name, texts if text else array)
        else:
            values = [field.get_db_prep_value(value, connection) for value in self.rhs]
        return f"{lhs} = ANY(%s::{field.db_type(connection)}[])", [*params, values]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        if not isinstance(self.rhs, Slot):
            sql: tuple[str, list[Any]] = self.as_sql(compiler, connection)  # type: ignore[attr-defined]
            return sql
        lhs, params = compiler.compile(self.lhs)
        values = Filled(self.rhs.name, listed(self._field()))
        return f"{lhs} IN (SELECT value FROM json_each(%s))", [*params, values]  # noqa: S608

    def _field(self) -> models.Field[Any, Any]:
        field: models.Field[Any, Any] = self.lhs.output_field
        while isinstance(field, models.ForeignKey):
            field = field.target_field
        return field


class AnyOf(_AsArray, In):
    """Membership of a plain column."""

    lookup_name = "any"


class AnyOfRelated(_AsArray, RelatedIn):
    """Membership of a foreign key's column."""

    lookup_name = "any"


models.Field.register_lookup(AnyOf)
models.ForeignKey.register_lookup(AnyOfRelated)
models.OneToOneField.register_lookup(AnyOfRelated)
