"""`manage.py verify_golden`: prove that every golden record is what its source records give."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from canonical.golden.verification import verify
from canonical.models import Golden, RecomputeDue


class Command(BaseCommand):
    """Recomputes everything in memory and reports each difference."""

    help = "Recompute every golden record in memory and report any difference from what is stored."

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 with the differences, or say how many records agree."""
        total = Golden.objects.count()
        found = []
        with tqdm(total=total, unit="golden", disable=None) as bar:
            for difference in verify(bar.update):
                found.append(difference)
                self.stdout.write(f"{difference.code}: {difference.where} {difference.detail}")
        waiting = RecomputeDue.objects.count()
        if found:
            raise CommandError(f"{len(found)} differences in {total} golden records.")
        self.stdout.write(f"{total} golden records agree; {waiting} wait for a recompute.")
