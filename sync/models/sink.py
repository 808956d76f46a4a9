"""What the demo's own receiver was sent; empty wherever the hub is no demo."""

from __future__ import annotations

from django.db import models


class Received(models.Model):
    """One message that had an effect: a known id, or an older version, leaves no row."""

    subscription = models.ForeignKey(
        "sync.Subscription", on_delete=models.CASCADE, related_name="received"
    )
    message_id = models.UUIDField()
    subject = models.UUIDField()
    record_version = models.BigIntegerField()
    event = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "message_id"], name="received_once")
        ]
        indexes = [
            models.Index(
                fields=["subscription", "subject", "-record_version"], name="received_newest"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event['type']} {self.subject}"
