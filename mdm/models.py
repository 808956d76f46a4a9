"""What the porch itself remembers: that the hub's own clockwork still ticks."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

TICK = timedelta(seconds=10)  # how often the sweep is asked for
PATIENCE = 3 * TICK


class Heartbeat(models.Model):
    """The last time one step of the sweep went through, by the database's clock."""

    name = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"

    @staticmethod
    def beat(name: str) -> None:
        """Beat now; of two that beat at once, neither waits for nor fails the other."""
        Heartbeat.objects.bulk_create(
            [Heartbeat(name=name, at=Now())],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["at"],
        )

    @staticmethod
    def is_fresh(name: str, within: timedelta = PATIENCE) -> bool:
        """Whether it was beaten within that time; by default, three ticks."""
        return Heartbeat.objects.filter(name=name, at__gte=Now() - within).exists()
