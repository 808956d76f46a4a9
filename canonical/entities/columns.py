"""The columns entities are made of: one short function per kind of value.

Every column is nullable: what makes a record complete is a quality rule, not a constraint, so
that a source may send less and nothing is refused.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from canonical.attributes import Attribute, Kind, ListStrategy, attribute

MONEY_PLACES = 4
RATE_PLACES = 6


def text(max_length: int = 255, **declared: Any) -> models.CharField[Any, Any]:
    """A line of text."""
    column: models.CharField[Any, Any] = models.CharField(
        max_length=max_length, null=True, blank=True
    )
    return attribute(column, declared.pop("kind", Kind.TEXT), max_length=max_length, **declared)


def email(**declared: Any) -> models.CharField[Any, Any]:
    """An e-mail address."""
    return text(254, kind=Kind.EMAIL, **declared)


def phone(**declared: Any) -> models.CharField[Any, Any]:
    """A telephone number, E.164 where it could be parsed."""
    return text(40, kind=Kind.PHONE, **declared)


def uri(**declared: Any) -> models.CharField[Any, Any]:
    """A web address."""
    return text(500, kind=Kind.URI, **declared)


def code(vocabulary: str, **declared: Any) -> models.CharField[Any, Any]:
    """A term of a controlled vocabulary."""
    return text(60, kind=Kind.CODE, vocabulary=vocabulary, **declared)


def currency(**declared: Any) -> models.CharField[Any, Any]:
    """An ISO 4217 code."""
    return text(3, kind=Kind.CURRENCY, **declared)


def country(**declared: Any) -> models.CharField[Any, Any]:
    """An ISO 3166-1 alpha-2 code."""
    return text(2, kind=Kind.COUNTRY, **declared)


def language(**declared: Any) -> models.CharField[Any, Any]:
    """A BCP 47 tag."""
    return text(35, kind=Kind.LANGUAGE, **declared)


def date(**declared: Any) -> models.DateField[Any, Any]:
    """A calendar day."""
    column: models.DateField[Any, Any] = models.DateField(null=True, blank=True)
    return attribute(column, Kind.DATE, **declared)


def boolean(**declared: Any) -> models.BooleanField[Any, Any]:
    """Yes, no, or nobody said."""
    column: models.BooleanField[Any, Any] = models.BooleanField(null=True, blank=True)
    return attribute(column, Kind.BOOLEAN, **declared)


def integer(**declared: Any) -> models.IntegerField[Any, Any]:
    """A whole number."""
    column: models.IntegerField[Any, Any] = models.IntegerField(null=True, blank=True)
    return attribute(column, Kind.INTEGER, **declared)


def decimal(places: int = MONEY_PLACES, **declared: Any) -> models.DecimalField[Any, Any]:
    """An exact decimal, numeric(19, places)."""
    column: models.DecimalField[Any, Any] = models.DecimalField(
        max_digits=19, decimal_places=places, null=True, blank=True
    )
    return attribute(column, Kind.DECIMAL, places=places, **declared)


def rate(**declared: Any) -> models.DecimalField[Any, Any]:
    """A price or rate, numeric(19, 6)."""
    return decimal(RATE_PLACES, **declared)


def money(**declared: Any) -> models.DecimalField[Any, Any]:
    """The amount of a money value; its currency stands in the column `<name>_currency`."""
    column: models.DecimalField[Any, Any] = models.DecimalField(
        max_digits=19, decimal_places=MONEY_PLACES, null=True, blank=True
    )
    return attribute(column, Kind.MONEY, places=MONEY_PLACES, **declared)


def money_currency() -> models.CharField[Any, Any]:
    """The currency beside a `money` column; no attribute of its own."""
    return models.CharField(max_length=3, null=True, blank=True)


def reference(entity: str, model: str, **declared: Any) -> models.ForeignKey[Any, Any]:
    """A reference to another golden record: what the winning record's reference resolves to.

    Without an index: who refers to a record is asked of `GoldenReference`.
    """
    column: models.ForeignKey[Any, Any] = models.ForeignKey(
        model, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    return attribute(column, Kind.REFERENCE, reference=entity, **declared)


def record(*fields: Attribute, **declared: Any) -> models.JSONField[Any, Any]:
    """A small typed object, kept as one value."""
    column: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    return attribute(column, Kind.OBJECT, fields=fields, **declared)


def listing(
    *fields: Attribute, strategy: ListStrategy = ListStrategy.UNION, **declared: Any
) -> models.JSONField[Any, Any]:
    """A typed list whose elements are identified by `keys`."""
    column: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    return attribute(column, Kind.LIST, fields=fields, strategy=strategy, **declared)


def free_form(**declared: Any) -> models.JSONField[Any, Any]:
    """Values of any JSON shape, by name."""
    column: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    return attribute(column, Kind.JSON, **declared)
