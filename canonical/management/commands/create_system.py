"""`manage.py create_system CODE`: make a source or target system known."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_slug

from canonical.models import OrderBy, System


class Command(BaseCommand):
    """Creates the system, or changes the one with this code."""

    help = "Make a source or target system known to the hub."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="short, permanent, part of its addresses: crm, erp_emea")
        parser.add_argument("--name", help="what people call it (default: the code)")
        parser.add_argument("--kind", default="", help="crm, erp, psa, hr, billing, knowledge")
        parser.add_argument("--owner", default="", help="who answers for its data")
        parser.add_argument("--order-by", choices=OrderBy.values, default=OrderBy.MODIFIED_AT)

    def handle(self, *args: Any, **options: Any) -> None:
        system = System(
            code=options["code"],
            name=options["name"] or options["code"],
            kind=options["kind"],
            owner=options["owner"],
            order_by=options["order_by"],
        )
        try:
            validate_slug(system.code)
            system.clean_fields()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        _, created = System.objects.update_or_create(
            code=system.code,
            defaults={k: getattr(system, k) for k in ("name", "kind", "owner", "order_by")},
        )
        self.stdout.write(f"{system.code} {'created' if created else 'changed'}")
