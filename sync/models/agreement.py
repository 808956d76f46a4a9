"""Whether targets hold what they confirmed: runs that compare, and what they found.

Subscription 1-n Reconciliation 1-n Drift n-1 Golden.
"""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from canonical.models import Golden, new_id
from sync.models.outbound import Subscription


class DriftKind(models.TextChoices):
    """How a target's record stands to what it should be."""

    MISSING = "missing", "missing at the target"
    STALE = "stale", "an older version at the target"
    DRIFTED = "drifted", "changed at the target"
    EXTRA = "extra", "unknown to the hub"
    UNVERIFIABLE = "unverifiable", "cannot be read back"


class DriftState(models.TextChoices):
    """What becomes of a difference."""

    OPEN = "open", "waits for a decision"
    HEALING = "healing", "being healed"
    HEALED = "healed", "no difference any more"
    ACCEPTED = "accepted", "accepted as it is"


class RunState(models.TextChoices):
    """How far a run has come."""

    WAITING = "waiting", "waiting"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"


class Reconciliation(models.Model):
    """One comparison of a target with what it should hold; `counts` is by kind of difference.

    Beside the kinds `counts` has `same`, and `under_way` for records whose delivery is not
    confirmed yet, which are not compared.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="reconciliations"
    )
    actor = models.CharField(max_length=300)
    dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=RunState.choices, default=RunState.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    error = models.CharField(max_length=255, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"],
                name="reconciliation_one_open",
                condition=Q(state__in=["waiting", "running"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.state}"


class Drift(models.Model):
    """One record in which a target differs; `differences` are {attribute, hub, target}.

    `shadow` tells that it is what would be sent by a subscription that only looks.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="drifts")
    run = models.ForeignKey(
        Reconciliation, null=True, on_delete=models.SET_NULL, related_name="drifts"
    )
    golden = models.ForeignKey(Golden, null=True, on_delete=models.PROTECT, related_name="drifts")
    entity = models.CharField(max_length=20)
    source_id = models.CharField(max_length=255, blank=True, help_text="The target's own id.")
    kind = models.CharField(max_length=12, choices=DriftKind.choices)
    version = models.BigIntegerField(default=0, help_text="Which it should hold.")
    differences = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    shadow = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=DriftState.choices, default=DriftState.OPEN)
    decided_by = models.CharField(max_length=300, blank=True)
    found_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "golden"],
                name="drift_one_open",
                condition=Q(state__in=["open", "healing"]) & Q(golden__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["subscription", "entity", "source_id"],
                name="drift_one_open_extra",
                condition=Q(state__in=["open", "healing"]) & Q(golden__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["subscription", "state", "-id"], name="drift_of_target")]

    def __str__(self) -> str:
        return f"{self.kind} {self.golden_id or self.source_id}"
