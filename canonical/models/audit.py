"""Who looked at or changed what the journal does not tell of.

Unmasking, words, roles, work; terms, rates, policies, mappings and credentials.

AuditEntry n-1 Golden, where it is about one.
"""

from __future__ import annotations

from django.db import models

from canonical.models.registry import Golden


class AuditKind(models.TextChoices):
    """What was done."""

    UNMASKED = "unmasked", "restricted values shown"
    WORD_MAPPED = "word_mapped", "a system's word mapped"
    WORD_FREED = "word_freed", "a system's word no longer mapped"
    ROLES = "roles", "groups taken from the identity provider"
    WORK_PUT_OFF = "work_put_off", "work put off"
    WORK_CLOSED = "work_closed", "work closed by hand"
    TERM = "term", "term changed"
    RATE = "exchange_rate", "exchange rate changed"
    POLICY = "policy", "policy put in force"
    MAPPING = "mapping", "mapping put in force"
    CREDENTIAL = "credential", "credential issued, rotated or revoked"


class AuditEntry(models.Model):
    """One deed: who, when, why, and what it was about. Append-only."""

    kind = models.CharField(max_length=16, choices=AuditKind.choices)
    actor_id = models.CharField(max_length=120)
    actor_name = models.CharField(max_length=255)
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)
    subject = models.CharField(max_length=400, help_text="What it was about, in words.")
    golden = models.ForeignKey(
        Golden, null=True, blank=True, on_delete=models.PROTECT, related_name="audit"
    )
    facts = models.JSONField(default=dict)
    correlation_id = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["-at"], name="audit_entry_newest")]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.get_kind_display()}"
