"""How systems' records come in: mappings, batches answered later, and files read from disk.

System 1-n Mapping; System 1-n Submission 1-n SubmissionItem; System 1-n FileLoad;
System 1-n Upload 1-1 Submission.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from canonical.models.registry import new_id


class Mapping(models.Model):
    """A version of one system's mapping of one entity; its spec never changes once stored.

    A system without an active mapping for an entity sends canonical attributes. Until records that
    were sent before are mapped again by it, it is `behind`; whoever does that holds it until
    `leased_until`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    system = models.ForeignKey(
        "canonical.System", on_delete=models.PROTECT, related_name="mappings"
    )
    entity = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    spec = models.JSONField()
    active = models.BooleanField(default=False)
    behind = models.BooleanField(default=False, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("system", "entity", "-version")
        constraints = [
            models.UniqueConstraint(
                fields=["system", "entity", "version"], name="mapping_version_unique"
            ),
            models.UniqueConstraint(
                fields=["system", "entity"], name="mapping_one_active", condition=Q(active=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system_id} {self.entity} mapping {self.version}"


class SubmissionState(models.TextChoices):
    """How far a batch that is answered later has come."""

    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    DONE = "done", "done"


class Submission(models.Model):
    """A batch and its answers, item by item; `owner` alone may ask about it.

    Its answers are stored with what they describe, so that a repeat with the same idempotency
    key, or a worker that takes over, goes on where it stopped. Whoever works on it holds it until
    `leased_until`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    system = models.ForeignKey(
        "canonical.System", on_delete=models.PROTECT, related_name="submissions"
    )
    entity = models.CharField(max_length=20)
    owner = models.CharField(max_length=300, help_text="The principal that sent it.")
    owner_name = models.CharField(max_length=255, blank=True)
    key = models.CharField(max_length=255, blank=True, help_text="Its idempotency key.")
    fingerprint = models.CharField(max_length=64, blank=True)
    state = models.CharField(
        max_length=10, choices=SubmissionState.choices, default=SubmissionState.QUEUED
    )
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    correlation_id = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "key"], name="submission_key_unique", condition=~Q(key="")
            )
        ]
        indexes = [
            # What the sweep takes up when a hint was lost.
            models.Index(
                fields=["created_at"],
                name="submission_unfinished",
                condition=~Q(state="done"),
            ),
            # What is forgotten after its days.
            models.Index(
                fields=["finished_at"],
                name="submission_finished",
                condition=Q(finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system_id} {self.entity}: {self.done} of {self.total}"


class SubmissionItem(models.Model):
    """One record of a submission as it was sent, and its answer once there is one."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    body = models.TextField(blank=True, help_text="As it arrived, while it waits.")
    answer = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ("submission", "position")
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "position"], name="submission_item_position_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.submission_id}[{self.position}]"


class FileLoad(models.Model):
    """How far a file has been loaded, so that the same command goes on where it stopped.

    `digest` is the SHA-256 of the file: another content is another load. `rows_done` counts rows
    answered for good; a row after it may have been taken in already, and is then unchanged.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    system = models.ForeignKey(
        "canonical.System", on_delete=models.PROTECT, related_name="file_loads"
    )
    entity = models.CharField(max_length=20)
    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    rows_done = models.PositiveBigIntegerField(default=0)
    counts = models.JSONField(default=dict, help_text="Rows by outcome.")
    finished = models.BooleanField(default=False)
    started_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "entity", "digest"], name="file_load_unique")
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.rows_done} rows"


class UploadState(models.TextChoices):
    """How far a file that a person uploaded has come; the `-ing` ones are being worked on."""

    WAITING = "waiting", "uploaded"
    REHEARSING = "rehearsing", "being rehearsed"
    REHEARSED = "rehearsed", "rehearsed"
    LOADING = "loading", "being loaded"
    LOADED = "loaded", "loaded"
    WITHDRAWING = "withdrawing", "being taken back"
    WITHDRAWN = "withdrawn", "taken back"
    FAILED = "failed", "failed"


class Upload(models.Model):
    """A file that a person brought, as one unit: rehearsed, loaded, and taken back if it was wrong.

    Loading makes a submission of its rows; the two live as long as each other. `report` is what
    the rehearsal said would become of the rows, `withdrawal` what was done on taking them back.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    system = models.ForeignKey("canonical.System", on_delete=models.PROTECT, related_name="uploads")
    entity = models.CharField(max_length=20)
    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    id_column = models.CharField(max_length=255, default="source_id")
    content = models.BinaryField(null=True, help_text="Empty once it is not kept any longer.")
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    state = models.CharField(
        max_length=12, choices=UploadState.choices, default=UploadState.WAITING
    )
    report = models.JSONField(default=dict)
    submission = models.OneToOneField(
        Submission, null=True, blank=True, on_delete=models.PROTECT, related_name="upload"
    )
    withdrawal = models.JSONField(default=dict)
    failure = models.CharField(max_length=500, blank=True)
    owner = models.CharField(max_length=300, help_text="The principal that brought it.")
    owner_name = models.CharField(max_length=255)
    uploaded_at = models.DateTimeField()
    withdrawn_by = models.CharField(max_length=255, blank=True)
    withdrawn_by_id = models.CharField(max_length=300, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was taken back.")
    leased_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # What the sweep takes up when a hint was lost.
            models.Index(
                fields=["uploaded_at"],
                name="upload_unfinished",
                condition=Q(state__in=["rehearsing", "loading", "withdrawing"]),
            )
        ]

    def __str__(self) -> str:
        return self.name
