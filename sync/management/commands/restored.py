"""`manage.py restored`: begin a new timeline after the database was restored to an older point."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import F

from canonical.models import FeedState


class Command(BaseCommand):
    """Cursors given out before answer 410, and what is sent from now on counts as newer."""

    help = "Raise the timeline after a restore, so that nobody takes the past for the present."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say which timeline begins."""
        FeedState.objects.filter(pk=1).update(timeline=F("timeline") + 1)
        state = FeedState.objects.get(pk=1)
        self.stdout.write(f"Timeline {state.timeline} begins at position {state.last_position}.")
