"""`manage.py refile`: read every record again for matching, after its normaliser has changed."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from canonical.models import Golden, GoldenState
from matching.intake.refresh import refresh

AT_ONCE = 200


class Command(BaseCommand):
    """Features of an older normaliser are not compared: without this, its records are not found."""

    help = "File all records for matching again: after an upgrade that changes the normaliser."

    def handle(self, *args: Any, **options: Any) -> None:
        held = Golden.objects.exclude(state=GoldenState.MERGED).order_by("id")
        ids = held.values_list("id", flat=True).iterator()
        with tqdm(total=held.count(), unit="record") as bar:
            while chunk := list(islice(ids, AT_ONCE)):
                refresh(chunk)
                bar.update(len(chunk))
