"""A new system and its mapping, made together."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from canonical.golden.cause import Cause
from canonical.governance import audit
from canonical.identity.errors import Refused
from canonical.models import CONSOLE, AuditKind, OrderBy, System
from sync.inbound import catalogue, remapping
from sync.models import Mapping


class BadSystem(Refused):
    """The system cannot be made; the text says why."""


def check_system(code: str, name: str) -> None:
    """Refuse a code or a name that no system can have; raises BadSystem."""
    system = System(code=code, name=name, kind="", order_by=OrderBy.RECEIVED)
    try:
        validate_slug(code)
        system.clean_fields()
    except ValidationError as error:
        words = " ".join(error.messages)
        raise BadSystem(f"A system needs a name, and a short code of letters: {words}") from None
    if code == CONSOLE:
        raise BadSystem("console is the hub's own system.")


@transaction.atomic
def set_up(spec: dict[str, Any], name: str, kind: str, cause: Cause) -> Mapping:
    """Make the system if there is none of this code, and put the mapping in force.

    A mapping that says when a record was modified orders its versions by that, any other by
    receipt. What the system has sent before is mapped again in the background. Raises BadSystem
    and MappingError.
    """
    held = System.objects.filter(pk=spec["system"]).first()
    check_system(spec["system"], held.name if held else name)
    if held is None:
        dated = "modified_at" in spec.get("envelope", {})
        order_by = OrderBy.MODIFIED_AT if dated else OrderBy.RECEIVED
        System.objects.create(code=spec["system"], name=name, kind=kind, order_by=order_by)
    made = catalogue.save(spec, cause.name)
    remapping.ask(made)
    audit.note(AuditKind.MAPPING, cause, str(made))
    return made
