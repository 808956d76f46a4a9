"""What matching remembers: keys and features of records, model versions, evidence, reviews.

MatchKey and MatchFeatures n-1 SourceRecord (by id, without a foreign key: they are an index that
can be rebuilt); MatchEvidence 1-1 Link; Review n-1 SourceRecord twice; Audit by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.db import models
from django.db.models import F, Q

from canonical.models import Golden, Link, SourceRecord, new_id
from matching.engine.keys import hashed, signed


def filed_under(entity: str, keys: Iterable[int]) -> list[int]:
    """The numbers that keys of an entity are filed under, which are no other entity's; and the
    keys of such numbers."""
    own = _own(entity)
    return [key ^ own for key in keys]


@cache
def _own(entity: str) -> int:
    return signed(hashed(entity.encode()))


class MatchKey(models.Model):
    """A blocking key of one record. Only the composite primary key, so that a lookup is one probe.

    The entity is part of the number (`filed_under`): a column of its own would be compared at every
    step of a lookup, and make a fifth of the index.

    A rows table beats an array column here: one probe is 0.14 ms for either, but pending index
    entries made the array form answer in 382 ms under writes. Which keys a record has, its
    features tell.
    """

    pk = models.CompositePrimaryKey("key", "record")
    key = models.BigIntegerField()
    record = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.key} {self.record}"


class ThisTransaction(models.Func):
    """The number of the transaction on PostgreSQL; nothing elsewhere."""

    template = "0"
    output_field = models.BigIntegerField()

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """As text first: a number of 64 bits has no cast of its own."""
        return self.as_sql(compiler, connection, template="(pg_current_xact_id()::text::bigint)")


class Numbers(models.Field):  # type: ignore[type-arg]
    """Whole numbers: an array on PostgreSQL, elsewhere JSON."""

    def db_type(self, connection: Any) -> str:
        return "bigint[]" if connection.vendor == "postgresql" else "text"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> list[int]:
        """What was written, as a list."""
        return list(value if connection.vendor == "postgresql" else json.loads(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return list(value) if connection.vendor == "postgresql" else json.dumps(list(value))


class MatchFeatures(models.Model):
    """The normalised features of one record, packed by the engine, its system, and its keys.

    `filed_by` tells a chunk that was placed before its locks what it has not seen.
    """

    record = models.UUIDField(primary_key=True)
    entity = models.CharField(max_length=20)
    system = models.CharField(max_length=40, help_text="As the record's, which never changes.")
    packed = models.BinaryField()
    keys = Numbers(help_text="The keys under which the record is filed.")
    filed_by = models.BigIntegerField(
        db_default=ThisTransaction(), db_index=True, help_text="The transaction's number."
    )

    def __str__(self) -> str:
        return str(self.record)


class MatchModel(models.Model):
    """A version of the matching model of one entity: weights, frequencies, calibration."""

    entity = models.CharField(max_length=20)
    version = models.CharField(max_length=80)
    body = models.JSONField()
    active = models.BooleanField(default=False)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "version"], name="match_model_version_unique"
            ),
            models.UniqueConstraint(
                fields=["entity"], name="match_model_one_active", condition=Q(active=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.version}"


class MatchEvidence(models.Model):
    """Why automation opened a link: enough to compute the same number again."""

    link = models.OneToOneField(Link, primary_key=True, on_delete=models.CASCADE)
    best_record = models.UUIDField(help_text="The record of the golden record it resembled most.")
    weight = models.BigIntegerField(help_text="In 1/1024 bit.")
    probability = models.FloatField()
    margin = models.BigIntegerField(null=True, help_text="To the runner-up, in 1/1024 bit.")
    runner_up = models.UUIDField(null=True)
    model_version = models.CharField(max_length=80)
    detail = models.JSONField()

    def __str__(self) -> str:
        return f"{self.link_id}: {self.probability:.3f}"


class ReviewKind(models.TextChoices):
    """Why a person is asked."""

    POSSIBLE = "possible_match", "possible match"
    AMBIGUOUS = "ambiguous_match", "ambiguous match"
    CONFLICT = "decision_conflict", "decision conflict"
    BROKEN = "broken_by_update", "broken by an update"
    AUDIT = "audit", "audit of automation"


class ReviewState(models.TextChoices):
    """Where a review stands; closed means that events made the question moot."""

    OPEN = "open", "open"
    DECIDED = "decided", "decided"
    CLOSED = "closed", "closed"


class Review(models.Model):
    """The question whether two source records are the same thing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entity = models.CharField(max_length=20)
    kind = models.CharField(max_length=20, choices=ReviewKind.choices)
    record_a = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    record_b = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    golden_a = models.ForeignKey(
        Golden, on_delete=models.PROTECT, related_name="+", help_text="When it was opened."
    )
    golden_b = models.ForeignKey(
        Golden, on_delete=models.PROTECT, related_name="+", help_text="When it was opened."
    )
    weight = models.BigIntegerField()
    probability = models.FloatField()
    margin = models.BigIntegerField(null=True)
    model_version = models.CharField(max_length=80)
    detail = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=ReviewState.choices, default=ReviewState.OPEN)
    decision = models.CharField(max_length=10, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record_a", "record_b"],
                name="review_one_open_pair",
                condition=Q(state="open"),
            ),
            models.CheckConstraint(
                condition=Q(record_a__lt=F("record_b")), name="review_pair_ordered"
            ),
        ]
        indexes = [
            models.Index(fields=["golden_a"], name="review_open_a", condition=Q(state="open")),
            models.Index(fields=["golden_b"], name="review_open_b", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_a_id} {self.record_b_id}"

    @property
    def of_one(self) -> bool:
        """Whether it asks if what is one golden record is rightly so."""
        return self.golden_a_id == self.golden_b_id


class Audit(models.Model):
    """A random sample put before stewards: what it was drawn from, so that it can be weighed up.

    `near` counts by pair of systems ("crm erp") the pairs close below the threshold that were met
    while `looked_at` of `records` were looked at.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entity = models.CharField(max_length=20)
    at = models.DateTimeField()
    by = models.CharField(max_length=120)
    asked = models.PositiveIntegerField(help_text="Questions put before stewards.")
    records = models.PositiveIntegerField()
    looked_at = models.PositiveIntegerField()
    near = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["entity", "at"], name="audit_entity_at")]

    def __str__(self) -> str:
        return f"{self.entity} {self.at:%Y-%m-%d}: {self.asked} asked"
