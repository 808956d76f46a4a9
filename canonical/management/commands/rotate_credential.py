"""`manage.py rotate_credential CLIENT_ID`: a new secret, the old one good for a while."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from canonical.models import Credential


class Command(BaseCommand):
    """Prints the new secret as JSON; it is not shown again."""

    help = "Give a credential a new secret; the old one stays good for some hours."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client_id")
        parser.add_argument("--keep-hours", type=float, default=24.0, help="0 ends it at once")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            credential = Credential.objects.get(client_id=options["client_id"])
        except Credential.DoesNotExist:
            raise CommandError(f"There is no credential {options['client_id']!r}.") from None
        kept = timedelta(hours=max(0.0, options["keep_hours"]))
        secret = credential.rotate_secret(timezone.now() + kept if kept else None)
        self.stdout.write(
            json.dumps({"client_id": credential.client_id, "client_secret": secret}, indent=2)
        )
