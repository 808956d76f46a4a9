"""What every golden record carries, and the history each typed table keeps."""

from __future__ import annotations

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from canonical.attributes import Attribute, Kind, ListStrategy
from canonical.entities import columns


class GoldenRecord(models.Model):
    """A typed golden record; its identity, version and state live in `Golden` alone."""

    ENTITY: str
    PATH: str
    PREFIX: str
    TITLE: tuple[str, ...]

    golden = models.OneToOneField(
        "canonical.Golden", on_delete=models.PROTECT, primary_key=True, related_name="%(class)s"
    )
    tags = columns.listing(of=Kind.TEXT, strategy=ListStrategy.UNION)
    extensions = columns.free_form(help="Custom fields by namespace.")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        for name in self.TITLE:
            if value := getattr(self, name):
                return str(value)
        return str(self.pk)


class GoldenRow(models.Model):
    """A row of a list that is kept in a table of its own; `position` is its place in the list."""

    position = models.PositiveIntegerField()

    class Meta:
        abstract = True
        ordering = ("position",)


class VersionedHistory(models.Model):
    """One history row per version of a golden record; compared with the journal by a check."""

    version = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class History(HistoricalRecords):  # type: ignore[misc]
    """The history of a typed table, with no index on the references of versions long past."""

    def __init__(self) -> None:
        super().__init__(bases=[VersionedHistory])

    def copy_fields(self, model: type[models.Model]) -> dict[str, Any]:
        """The columns of the history."""
        fields = model._meta.concrete_fields
        self.no_db_index = [f.name for f in fields if f.is_relation and not f.primary_key]
        copied: dict[str, Any] = super().copy_fields(model)
        return copied


def rows(row: type[GoldenRow], attribute: str, **declared: Any) -> None:
    """Declare that `row` keeps the list `attribute` of the golden record it points to."""
    row.list_attribute = Attribute(  # type: ignore[attr-defined]
        name=attribute, kind=Kind.LIST, table=True, **declared
    )
