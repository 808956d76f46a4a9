"""What the systems said: source records, every version of them, and where they are linked.

System 1-n SourceRecord 1-n SourceVersion; SourceRecord 1-n Link n-1 Golden, one open at a time.
"""

from __future__ import annotations

from django.db import models

from canonical.models.registry import Golden, System, new_id


class RecordState(models.TextChoices):
    """Whether a source record counts: quarantined ones do not, retired ones below all others."""

    ACTIVE = "active", "active"
    RETIRED = "retired", "retired"
    QUARANTINED = "quarantined", "quarantined"


class SourceRecord(models.Model):
    """One record of one system, known by the system's own id.

    `changed_at` gives per attribute when its present value was first said; `annotations` says,
    for the console's records only, who decided each attribute, why, and until when.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    system = models.ForeignKey(
        System, on_delete=models.PROTECT, related_name="records", db_index=False
    )  # the key below begins with it
    entity = models.CharField(max_length=20)
    source_id = models.CharField(max_length=255)
    state = models.CharField(max_length=12, choices=RecordState.choices)
    current = models.OneToOneField(
        "canonical.SourceVersion", null=True, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.JSONField(default=dict)
    annotations = models.JSONField(default=dict)
    issues = models.JSONField(default=list)
    contributes = models.BooleanField(
        default=True, help_text="False for an id a target gave to our record."
    )
    primary = models.BooleanField(default=False, help_text="The one a target is written to.")
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "entity", "source_id"], name="source_record_key"
            )
        ]
        indexes = [
            models.Index(
                fields=["entity", "received_at"],
                name="source_record_quarantined",
                condition=models.Q(state="quarantined"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.system_id}/{self.source_id}"


TAKEN_BACK = "taken_back"
# The versions that were not; a list without a first element answers a comparison with nothing.
STANDING = models.Q(faults=[]) | ~models.Q(faults__0__code=TAKEN_BACK)


class SourceVersion(models.Model):
    """What a system said at one time: kept for ever, also when it arrived too late to count.

    `order_key` sorts the versions of one record; `happened_at` is when the business changed it
    (the modification time where the system sends one, else the receipt).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    record = models.ForeignKey(
        SourceRecord, on_delete=models.PROTECT, related_name="versions", db_index=False
    )  # the index below begins with it
    order_key = models.CharField(max_length=60)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    raw = models.TextField()
    values = models.JSONField()
    retired = models.BooleanField(default=False)
    faults = models.JSONField(
        default=list, help_text="Why it never counts: quarantined, or taken back."
    )
    mapping_version = models.PositiveIntegerField(null=True)
    actor = models.CharField(max_length=120)
    correlation_id = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["record", "order_key"], name="source_version_order")]

    def __str__(self) -> str:
        return f"{self.record_id}@{self.order_key}"


class SourceReference(models.Model):
    """A reference a record's current version holds, by the ids of the system it names.

    It is how a parent that arrives late, or moves, finds the records that wait for it.
    """

    record = models.ForeignKey(SourceRecord, on_delete=models.CASCADE, related_name="references")
    path = models.CharField(max_length=120)
    entity = models.CharField(max_length=20)
    system_code = models.CharField(max_length=40, blank=True)
    source_id = models.CharField(max_length=255, blank=True)
    golden = models.ForeignKey(Golden, null=True, on_delete=models.PROTECT, related_name="named_by")
    pending = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["system_code", "entity", "source_id"], name="source_reference_target"
            ),
            models.Index(
                fields=["id"], name="source_reference_pending", condition=models.Q(pending=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.path}"


class UnmappedValue(models.Model):
    """A vocabulary value of a record's current version that no crosswalk row explains yet."""

    record = models.ForeignKey(SourceRecord, on_delete=models.CASCADE, related_name="unmapped")
    path = models.CharField(max_length=120)
    vocabulary = models.CharField(max_length=40)
    value = models.CharField(max_length=255)

    class Meta:
        indexes = [models.Index(fields=["vocabulary", "value"], name="unmapped_value_lookup")]

    def __str__(self) -> str:
        return f"{self.vocabulary}: {self.value}"


class LinkCause(models.TextChoices):
    """Why a link was opened."""

    CREATED = "created", "first record of a new golden record"
    MATCHED = "matched", "matched by the engine"
    DECLARED = "declared", "declared by the source"
    DECIDED = "decided", "decided by a steward"
    MERGE = "merge", "moved by a merge"
    UNDO = "undo", "moved back by an undo"
    SPLIT = "split", "split off"
    STEWARD = "steward", "written in the console"
    REGISTERED = "registered", "an id given by a target"


class Link(models.Model):
    """From `since` until `until`, a source record belonged to a golden record."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="links")
    golden = models.ForeignKey(Golden, on_delete=models.PROTECT, related_name="links")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(max_length=12, choices=LinkCause.choices)
    merge = models.ForeignKey(
        "canonical.Merge",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="moves",
        db_index=False,
    )

    class Meta:
        constraints = [
            # Linking is the only identity, so a record has one open link at the most.
            models.UniqueConstraint(
                fields=["record"], name="link_one_open", condition=models.Q(until__isnull=True)
            )
        ]
        indexes = [
            models.Index(
                fields=["merge"], name="link_moved", condition=models.Q(merge__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_id} -> {self.golden_id}"
