"""The door out: who listens, what each target is owed and has confirmed, and every attempt.

Subscription n-1 System, 1-1 TargetHealth, 1-n Lane n-1 Golden; Lane 1-n Attempt (append-only);
Subscription 1-n Replay.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from canonical.models import Golden, System, new_id
from sync.models.encrypted import EncryptedTextField


class Mode(models.TextChoices):
    """Whether a target gets the newest version only, or each one in its turn."""

    LATEST = "latest", "the newest version"
    EVERY = "every", "every version"


class Status(models.TextChoices):
    """Whether a subscription is served; a deleted one stays for its attempts' sake."""

    ACTIVE = "active", "active"
    PAUSED = "paused", "paused"
    DISABLED = "disabled", "disabled"
    DELETED = "deleted", "deleted"


class Criticality(models.TextChoices):
    """How much a target matters: where workers are scarce, the more critical is served first."""

    CRITICAL = "critical", "critical"
    HIGH = "high", "high"
    NORMAL = "normal", "normal"
    LOW = "low", "low"


class Heal(models.TextChoices):
    """Who is right where a target holds something else than it confirmed."""

    HUB = "hub", "the hub: it is sent again"
    TARGET = "target", "the target: what it holds is taken in"
    ASK = "ask", "a person decides"


class Subscription(models.Model):
    """What one target wants to hear, and how it is reached.

    `filter` is {entity: {attribute: [values]}}; `attributes` null means all. `loading` is set while
    lanes for what exists already are made, `loaded_through` is how far that has come.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    system = models.ForeignKey(
        System,
        on_delete=models.PROTECT,
        related_name="subscriptions",
        help_text="Whose ids it carries and whose own changes it is not told.",
    )
    owner = models.CharField(max_length=300, help_text="The principal who subscribed.")
    connector = models.CharField(max_length=40, default="webhook")
    url = models.CharField(max_length=2000)
    secret = EncryptedTextField(editable=False)
    previous_secret = EncryptedTextField(blank=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    entities = models.JSONField(default=list)
    attributes = models.JSONField(null=True, blank=True)
    filter = models.JSONField(default=dict, blank=True)
    restricted = models.BooleanField(default=False, help_text="Carries restricted attributes.")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LATEST)
    receipts = models.BooleanField(
        default=False, help_text='Believe a success only with {"receipt": <webhook-id>}.'
    )
    echo = models.BooleanField(
        default=False, help_text="Send a system also what it said itself, word for word."
    )
    max_concurrency = models.PositiveSmallIntegerField(default=8)
    rate = models.FloatField(null=True, blank=True, help_text="Deliveries a second at the most.")
    windows = models.JSONField(default=list, blank=True, help_text="When nothing is sent.")
    closings = models.BooleanField(
        default=False, help_text="Hold the records of a legal entity while it closes its books."
    )
    criticality = models.CharField(
        max_length=10, choices=Criticality.choices, default=Criticality.NORMAL
    )
    outcomes = models.JSONField(
        default=dict, blank=True, help_text="What its answers mean and who owns a failure."
    )
    shadow = models.BooleanField(
        default=False, help_text="Send nothing: work out what would be sent and how it differs."
    )
    heal = models.CharField(max_length=6, choices=Heal.choices, default=Heal.ASK)
    read_url = models.CharField(
        max_length=2000, blank=True, help_text="Where a webhook's target tells what it holds."
    )
    nightly = models.BooleanField(default=True, help_text="Compare what it holds every night.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    status_reason = models.CharField(max_length=255, blank=True)
    loading = models.BooleanField(default=True)
    loaded_through = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("created_at",)

    def __str__(self) -> str:
        return self.name


class ClosingCalendar(models.Model):
    """When a legal entity closes its books: targets that observe it get none of its records then.

    `windows` as those of a subscription; `legal_entity` is a term of that vocabulary.
    """

    legal_entity = models.CharField(max_length=60, primary_key=True)
    windows = models.JSONField(default=list)
    updated_by = models.CharField(max_length=300, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("legal_entity",)

    def __str__(self) -> str:
        return self.legal_entity


class TargetHealth(models.Model):
    """How a target has been answering (sync.outbound.answers.breaker.Health), and when to go on.

    `not_before` is what a Retry-After asked for; `next_slot` when the rate allows the next one.
    """

    subscription = models.OneToOneField(
        Subscription, primary_key=True, on_delete=models.CASCADE, related_name="health"
    )
    breaker = models.CharField(max_length=10, default="closed")
    trips = models.PositiveIntegerField(default=0)
    probe_at = models.DateTimeField(null=True)
    recent = models.CharField(max_length=20, blank=True)
    failures = models.PositiveIntegerField(default=0)
    refusals = models.PositiveIntegerField(default=0)
    successes = models.PositiveIntegerField(default=0)
    lane = models.BigIntegerField(null=True)
    several = models.BooleanField(default=False)
    failing_since = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    next_slot = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "target health"

    def __str__(self) -> str:
        return f"{self.subscription_id}: {self.breaker}"


class Parked(models.TextChoices):
    """Why a lane is not claimed, and so who must act."""

    NONE = "none", "not parked"
    DEPENDENCY = "dependency", "waits for its parent"
    HELD = "held", "held until the books are closed"
    GATE = "gate", "held by a gate"
    DEAD = "dead", "given up"
    UNVERIFIED = "unverified", "no receipt"
    MANUAL = "manual", "parked by a person"
    SHADOW = "shadow", "only looked at"


class Lane(models.Model):
    """One golden record on its way to one target: what is owed, what is confirmed.

    `due_at` is also the end of the lease: a dead worker's lane comes back by itself. `fence` rises
    with every claim; who settles with an older one is a zombie. `confirmed_digest` tells what the
    target holds: empty nothing known, `left` that the record left it, else the projection's digest.
    `withdrawing`: the target refused it for good and is owed word to use the record no more.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="lanes")
    golden = models.ForeignKey(Golden, on_delete=models.PROTECT, related_name="lanes")
    desired = models.BigIntegerField()
    confirmed = models.BigIntegerField(db_default=0)
    confirmed_digest = models.CharField(max_length=64, db_default="", blank=True)
    sent_digest = models.CharField(max_length=64, db_default="", blank=True)
    resend = models.BooleanField(db_default=False)
    due_at = models.DateTimeField()
    fence = models.BigIntegerField(db_default=0)
    leased = models.BooleanField(db_default=False)
    parked = models.CharField(max_length=12, choices=Parked.choices, db_default="none")
    waiting_on = models.ForeignKey(
        Golden, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawing = models.BooleanField(db_default=False)
    attempt = models.PositiveIntegerField(db_default=0)
    probes = models.PositiveSmallIntegerField(db_default=0)
    last_error = models.CharField(max_length=255, db_default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "golden"], name="lane_unique"),
            models.CheckConstraint(
                condition=Q(confirmed__lte=F("desired")), name="lane_confirmed_was_desired"
            ),
        ]
        indexes = [
            # The claim: what is due, oldest first.
            models.Index(
                fields=["subscription", "due_at"],
                name="lane_due",
                condition=(Q(desired__gt=F("confirmed")) | Q(resend=True)) & Q(parked="none"),
            ),
            # How many are on their way, for the limit of concurrency.
            models.Index(
                fields=["subscription", "due_at"], name="lane_leased", condition=Q(leased=True)
            ),
            # The children of a parent that has just been confirmed; what the sweep looks at.
            models.Index(
                fields=["subscription", "waiting_on"],
                name="lane_waiting",
                condition=Q(parked="dependency"),
            ),
            # What a closing holds, by when it ends.
            models.Index(
                fields=["subscription", "due_at"], name="lane_held", condition=Q(parked="held")
            ),
            models.Index(
                fields=["subscription", "id"],
                name="lane_stuck",
                condition=Q(parked__in=["dead", "unverified"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.golden_id} to {self.subscription_id}: {self.confirmed} of {self.desired}"


class Attempt(models.Model):
    """One try at one version: written once, never changed (a database trigger holds it)."""

    lane = models.ForeignKey(Lane, on_delete=models.PROTECT, related_name="attempts")
    version = models.BigIntegerField()
    fence = models.BigIntegerField()
    message_id = models.UUIDField()
    started_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField(default=0)
    verdict = models.CharField(max_length=12)
    settled = models.BooleanField(help_text="False where the lease had been lost meanwhile.")
    status = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=255, blank=True)
    response = models.TextField(blank=True, help_text="The first 4 KB, secrets blacked out.")
    response_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["lane", "-id"], name="attempt_of_lane")]

    def __str__(self) -> str:
        return f"lane {self.lane_id} v{self.version}: {self.verdict}"


class Replay(models.Model):
    """Who asked for which records to be sent again, and why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="replays")
    scope = models.JSONField()
    reason = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=300)
    lanes = models.PositiveIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.lanes} lanes of {self.subscription_id}"
