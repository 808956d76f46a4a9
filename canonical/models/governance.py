"""Who leads for which attribute, what waits for a recompute, and what waits for a person.

Policy: one active version per entity. RecomputeDue n-1 Golden. WorkItem n-1 Golden, n-1 User.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from canonical.models.registry import Golden, new_id


class Policy(models.Model):
    """A version of the survivorship policy of one entity; exactly one per entity is active."""

    entity = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    rules = models.JSONField()
    active = models.BooleanField(default=False)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(fields=["entity", "version"], name="policy_version_unique"),
            models.UniqueConstraint(
                fields=["entity"], name="policy_one_active", condition=Q(active=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} policy {self.version}"


class ConfigurationStamp(models.Model):
    """One row whose number is new with every change of policy, vocabulary, crosswalk or mapping.

    A process that cached configuration under another number reads it again.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)


class RecomputeDue(models.Model):
    """The one queue of later recomputes: a golden record that an event elsewhere touched."""

    golden = models.OneToOneField(Golden, primary_key=True, on_delete=models.CASCADE)
    reason = models.CharField(max_length=60)
    since = models.DateTimeField()

    class Meta:
        verbose_name_plural = "recomputes due"
        indexes = [models.Index(fields=["since"], name="recompute_due_since")]

    def __str__(self) -> str:
        return f"{self.golden_id}: {self.reason}"


class WorkKind(models.TextChoices):
    """What needs a person."""

    POSSIBLE_MATCH = "possible_match", "possible match"
    AMBIGUOUS_MATCH = "ambiguous_match", "ambiguous match"
    DECISION_CONFLICT = "decision_conflict", "decision conflict"
    BROKEN_BY_UPDATE = "broken_by_update", "broken by an update"
    AUDIT = "audit", "audit of automation"
    VERSION_CONFLICT = "version_conflict", "two contents of one version"
    UNMAPPED_VALUE = "unmapped_value", "unmapped value"
    PENDING_REFERENCE = "pending_reference", "reference pending too long"
    QUARANTINED = "quarantined", "quarantined record"
    DEAD_DELIVERY = "dead_delivery", "dead delivery"
    DRIFT = "drift", "drift"
    PING_PONG = "ping_pong", "sources overwrite each other"
    COMPENSATION = "compensation", "a target still believes the old state"
    RATE = "rate", "a rate differs from the contract's"
    ERASURE = "erasure", "a system still holds an erased person"


class WorkItem(models.Model):
    """One thing that waits for a person; `subject` names it within its kind."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20, choices=WorkKind.choices)
    subject = models.CharField(max_length=255)
    entity = models.CharField(max_length=20, blank=True)
    golden = models.ForeignKey(
        Golden, null=True, blank=True, on_delete=models.CASCADE, related_name="work"
    )
    title = models.CharField(max_length=255)
    facts = models.JSONField(default=dict)
    owner = models.CharField(max_length=60, default="steward", help_text="The queue it stands in.")
    due = models.DateTimeField(null=True, blank=True)
    value_at_risk = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, help_text="In the hub's currency; 0 is unknown."
    )
    valued_at = models.DateTimeField(null=True, blank=True, editable=False)
    state = models.CharField(
        max_length=8, choices=[("open", "open"), ("done", "done")], default="open"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], name="work_item_one_open", condition=Q(state="open")
            )
        ]
        indexes = [
            # The queue: open items by value at risk, then due date, then age.
            models.Index(
                fields=["-value_at_risk", "due", "opened_at"],
                name="work_item_queue",
                condition=Q(state="open"),
            )
        ]

    def __str__(self) -> str:
        return self.title


class Completeness(models.Model):
    """How many of an entity's records filled its mandatory attributes on a day.

    `system` is empty for the golden records, else the source; `filled` adds `by_attribute` up.
    """

    day = models.DateField()
    entity = models.CharField(max_length=20)
    system = models.CharField(max_length=40, blank=True)
    records = models.PositiveIntegerField()
    filled = models.PositiveBigIntegerField()
    by_attribute = models.JSONField(default=dict)
    taken_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "completeness"
        constraints = [
            models.UniqueConstraint(fields=["day", "entity", "system"], name="completeness_of_day")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.entity} {self.system or 'golden'}"

    @property
    def share(self) -> float | None:
        """The share of mandatory values that are there, 0 to 1; None without records."""
        wanted = self.records * len(self.by_attribute)
        return self.filled / wanted if wanted else None


class Looked(models.Model):
    """How far a task that follows the journal has come: its last position, and when that was."""

    task = models.CharField(max_length=40, primary_key=True)
    position = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.task}: {self.position}"
