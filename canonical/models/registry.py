"""Who sends and who is known: source systems, and the identity of every golden record.

System 1-n SourceRecord; Golden 1-1 typed record (Client, ...), 1-n Link, 1-n Change.
"""

from __future__ import annotations

import uuid

from django.db import models
from uuid_utils.compat import uuid7

CONSOLE = "console"


def new_id() -> uuid.UUID:
    """A fresh UUIDv7: sorted by time, so that indexes grow at one end."""
    return uuid7()


class OrderBy(models.TextChoices):
    """What tells which of two versions of one source record is the newer."""

    VERSION = "version", "version number"
    MODIFIED_AT = "modified_at", "modification time"
    RECEIVED = "received", "time of receipt"


class System(models.Model):
    """A source or target system; `console` is built in and holds what stewards decide."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40, blank=True, help_text="crm, erp, psa, hr, billing, ...")
    order_by = models.CharField(max_length=20, choices=OrderBy.choices, default=OrderBy.MODIFIED_AT)
    owner = models.CharField(max_length=120, blank=True, help_text="Who answers for its data.")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name or self.code


class GoldenState(models.TextChoices):
    """The life of a golden record; a merged one answers with its survivor for ever."""

    ACTIVE = "active", "active"
    MERGED = "merged", "merged"
    RETIRED = "retired", "retired"


class Golden(models.Model):
    """The identity of a golden record. Version and state live here and nowhere else.

    `published_version` is null while the record waits for its first release; `content_hash`
    tells whether a recompute changed anything; `head_hash` is the end of its journal's chain.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entity = models.CharField(max_length=20)
    code = models.CharField(max_length=20, unique=True)
    version = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=GoldenState.choices, default=GoldenState.ACTIVE)
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="absorbed",
        db_index=False,
    )
    published_version = models.BigIntegerField(null=True, blank=True)
    content_hash = models.CharField(max_length=64, default="")
    head_hash = models.CharField(max_length=64, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            # The lists of the console and the API, newest first.
            models.Index(fields=["entity", "state", "-updated_at"], name="golden_by_update"),
            models.Index(fields=["entity", "id"], name="golden_by_entity"),
            models.Index(
                fields=["merged_into"],
                name="golden_absorbed",
                condition=models.Q(merged_into__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="merged", merged_into__isnull=False)
                | (~models.Q(state="merged") & models.Q(merged_into__isnull=True)),
                name="golden_merged_has_survivor",
            )
        ]

    def __str__(self) -> str:
        return self.code


class GoldenReference(models.Model):
    """Every resolved reference inside a golden record, nested ones included: who refers to whom.

    Written with the golden record from the same values; `path` is `client` or
    `lines[2].engagement`.
    """

    golden = models.ForeignKey(Golden, on_delete=models.CASCADE, related_name="references_out")
    path = models.CharField(max_length=120)
    target = models.ForeignKey(Golden, on_delete=models.PROTECT, related_name="references_in")
    ordering = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["golden", "path"], name="golden_reference_path_unique")
        ]

    def __str__(self) -> str:
        return f"{self.golden_id} {self.path}"


class CodeCounter(models.Model):
    """The last code given out per entity, where the database has no sequences."""

    entity = models.CharField(max_length=20, primary_key=True)
    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.entity}: {self.last}"
