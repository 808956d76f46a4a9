"""A new system and its mapping, made together."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from canonical.identity.errors import Refused
from canonical.models import CONSOLE, OrderBy, System
from sync.inbound import catalogue
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
def set_up(spec: dict[str, Any], name: str, kind: str, by: str) -> Mapping:
    """Make the system if there is none of this code, and put the mapping in force.

    A mapping that says when a record was modified orders its versions by that, any other by
    receipt. Raises BadSystem and MappingError.
    """
    check_system(spec["system"], name)
    dated = "modified_at" in spec.get("envelope", {})
    order_by = OrderBy.MODIFIED_AT if dated else OrderBy.RECEIVED
    System.objects.get_or_create(
        code=spec["system"], defaults={"name": name, "kind": kind, "order_by": order_by}
    )
    return catalogue.save(spec, by)
