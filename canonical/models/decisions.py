"""What people decided: merges, match decisions, approved values.

Merge n-1 Golden twice (survivor, absorbed); Decision n-1 SourceRecord twice (record_a < record_b).
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from canonical.models.records import SourceRecord
from canonical.models.registry import Golden, new_id


class Merge(models.Model):
    """One golden record absorbed by another; undone, never deleted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    survivor = models.ForeignKey(Golden, on_delete=models.PROTECT, related_name="merges_in")
    absorbed = models.ForeignKey(Golden, on_delete=models.PROTECT, related_name="merges_out")
    reason = models.CharField(max_length=500)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=120, blank=True)
    undo_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            # A golden record is absorbed once at a time: the open merges are a forest.
            models.UniqueConstraint(
                fields=["absorbed"], name="merge_one_open", condition=Q(undone_at__isnull=True)
            ),
            models.CheckConstraint(condition=~Q(survivor=F("absorbed")), name="merge_two_records"),
        ]

    def __str__(self) -> str:
        return f"{self.absorbed_id} into {self.survivor_id}"


class DecisionKind(models.TextChoices):
    """What a person said of two source records."""

    MATCH = "match", "the same"
    NO_MATCH = "no_match", "not the same"


class Decision(models.Model):
    """A person's word on two source records; the newest that was not withdrawn holds."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=DecisionKind.choices)
    record_a = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    record_b = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    by = models.CharField(max_length=120)
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(record_a__lt=F("record_b")), name="decision_pair_ordered"
            )
        ]
        indexes = [
            models.Index(fields=["record_a", "record_b"], name="decision_pair"),
            models.Index(fields=["record_b"], name="decision_second"),
        ]

    def __str__(self) -> str:
        return f"{self.record_a_id} {self.kind} {self.record_b_id}"


class ApprovedValue(models.Model):
    """The value a record may contribute for an attribute that needs approval; the newest counts.

    A record whose current value differs from its newest approved one is waiting for approval.
    """

    record = models.ForeignKey(SourceRecord, on_delete=models.CASCADE, related_name="approved")
    attribute = models.CharField(max_length=60)
    value = models.JSONField(null=True)
    hash = models.CharField(max_length=64)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["record", "attribute", "-id"], name="approved_value_newest")
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.attribute}"
