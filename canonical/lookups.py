"""`field__any=[...]`: membership as one array parameter.

`IN` sends a parameter per value, which Django, the driver and PostgreSQL's planner each walk; with
thousands of ids that was a quarter of a chunk's time. SQLite, without arrays, keeps `IN`.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In


class _AsArray:
    """Turns the values of an `IN` into one array on PostgreSQL."""

    rhs: Any
    lhs: Any

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        lhs, params = compiler.compile(self.lhs)
        field = self.lhs.output_field
        while isinstance(field, models.ForeignKey):
            field = field.target_field
        values = [field.get_db_prep_value(value, connection) for value in self.rhs]
        return f"{lhs} = ANY(%s::{field.db_type(connection)}[])", [*params, values]


class AnyOf(_AsArray, In):
    """Membership of a plain column."""

    lookup_name = "any"


class AnyOfRelated(_AsArray, RelatedIn):
    """Membership of a foreign key's column."""

    lookup_name = "any"


models.Field.register_lookup(AnyOf)
models.ForeignKey.register_lookup(AnyOfRelated)
models.OneToOneField.register_lookup(AnyOfRelated)
