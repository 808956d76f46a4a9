"""What the porch itself remembers: that the clockwork ticks, and how people like their worklist.

SavedView n-1 User.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
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


class SavedView(models.Model):
    """Filters of the worklist under a name; a shared one is shown to everyone."""

    NAME_AT_MOST: ClassVar = 60
    QUERY_AT_MOST: ClassVar = 500

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    name = models.CharField(max_length=NAME_AT_MOST)
    query = models.CharField(max_length=QUERY_AT_MOST, blank=True)
    shared = models.BooleanField(default=False)

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_unique")
        ]

    def __str__(self) -> str:
        return self.name
