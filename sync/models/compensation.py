"""What a merge or its undo asks of each target, step by step, until all have acknowledged it.

Subscription 1-n Plan n-1 Merge; Plan 1-n Step n-1 Golden.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from canonical.models import Golden, Merge, new_id
from sync.models.outbound import Subscription


class PlanKind(models.TextChoices):
    """What has to be carried out at the target."""

    MERGE = "merge", "merge"
    UNMERGE = "unmerge", "undo of a merge"


class PlanState(models.TextChoices):
    """How a plan stands."""

    OPEN = "open", "under way"
    COMPLETED = "completed", "acknowledged by the target"
    COMPENSATED = "compensated", "taken back before it was through"


class StepAction(models.TextChoices):
    """What the target is asked to do with one record."""

    RECREATE = "recreate", "use it again"
    UPDATE = "update", "take its new content"
    REPOINT = "repoint", "refer to the other record"
    DEACTIVATE = "deactivate", "use it no more"
    NOTIFY = "notify", "be told of it"


class Plan(models.Model):
    """One merge or undo as one target has to carry it out, its steps in the order of `position`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="plans")
    merge = models.ForeignKey(Merge, on_delete=models.PROTECT, related_name="plans")
    kind = models.CharField(max_length=8, choices=PlanKind.choices)
    state = models.CharField(max_length=12, choices=PlanState.choices, default=PlanState.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "merge", "kind"], name="plan_once")
        ]
        indexes = [
            models.Index(fields=["subscription"], name="plan_open", condition=Q(state="open"))
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.merge_id} at {self.subscription_id}"


class Step(models.Model):
    """One record of a plan: acknowledged once the target confirmed `version` or a newer one.

    `version` is null while the record has not been recomputed since.
    """

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=10, choices=StepAction.choices)
    golden = models.ForeignKey(Golden, on_delete=models.PROTECT, related_name="steps")
    version = models.BigIntegerField(null=True)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("plan", "position", "id")
        constraints = [
            models.UniqueConstraint(fields=["plan", "golden"], name="step_one_per_record")
        ]
        indexes = [
            # Who still believes the old state.
            models.Index(
                fields=["golden", "plan"],
                name="step_open",
                condition=Q(acknowledged_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.golden_id}"
