"""The journal: every version of every golden record, append-only and hash-chained.

Change n-1 Golden, one per version. A database trigger refuses any other change of a row than
giving it its feed position once, or erasing a person's content.
"""

from __future__ import annotations

from django.db import models

from canonical.models.registry import Golden


class ChangeKind(models.TextChoices):
    """What happened to the golden record."""

    CREATED = "created", "created"
    UPDATED = "updated", "updated"
    LINKED = "linked", "a source record was linked"
    UNLINKED = "unlinked", "a source record left"
    MERGED = "merged", "absorbed by another"
    ABSORBED = "absorbed", "absorbed another"
    UNMERGED = "unmerged", "restored by an undo"
    SPLIT = "split", "split off"
    RETIRED = "retired", "retired"
    REVIVED = "revived", "revived"
    RELEASED = "released", "released to targets"
    ERASED = "erased", "a person's content was erased"


class Change(models.Model):
    """One version: the whole document after it, who won each attribute, who did it and why.

    `before` is the previous row. `position` is its place in the feed, given after the commit.
    hash = sha256(prev_hash and all the row's facts with content_digest) and
    content_digest = sha256(salt + canonical JSON of after and winners).
    """

    seq = models.BigAutoField(primary_key=True)
    golden = models.ForeignKey(
        Golden, on_delete=models.PROTECT, related_name="changes", db_index=False
    )
    entity = models.CharField(max_length=20)
    version = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=ChangeKind.choices)
    position = models.BigIntegerField(null=True, unique=True)
    published = models.BooleanField(default=True)
    actor_id = models.CharField(max_length=120)
    actor_name = models.CharField(max_length=255)
    cause = models.CharField(max_length=500, blank=True)
    correlation_id = models.CharField(max_length=64)
    model_version = models.CharField(max_length=80, blank=True)
    policy_version = models.PositiveIntegerField()
    recorded_at = models.DateTimeField()
    after = models.JSONField(null=True)
    winners = models.JSONField(null=True)
    salt = models.CharField(max_length=32, blank=True, help_text="Emptied by an erasure.")
    content_digest = models.CharField(max_length=64)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["golden", "version"], name="change_version_unique")
        ]
        indexes = [
            # The fan-out looks for committed rows that have no position yet.
            models.Index(
                fields=["seq"], name="change_unplaced", condition=models.Q(position__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.golden_id} v{self.version} {self.kind}"


class FeedState(models.Model):
    """One row: the timeline (raised after a restore) and the last position given out."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    timeline = models.PositiveIntegerField(default=0)
    last_position = models.BigIntegerField(default=0)
    horizon = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"timeline {self.timeline} at {self.last_position}"
