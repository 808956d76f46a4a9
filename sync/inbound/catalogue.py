"""The mappings in force: stored as versions, compiled once per process and configuration."""

from __future__ import annotations

from threading import Lock
from typing import Any

from django.db import transaction
from django.db.models import Max

from canonical import configuration
from canonical.entities import schema_of
from canonical.models import System
from sync import models
from sync.inbound.mapping import Mapping, MappingError, compile_mapping
from sync.inbound.mapping.targets import check_targets

_lock = Lock()
_held: tuple[int, dict[tuple[str, str], Mapping]] = (-1, {})


def active(system: str, entity: str, stamp: int | None = None) -> Mapping | None:
    """The system's mapping of the entity, or None when it sends canonical attributes.

    As of the configuration's stamp, which is read where none is given.
    """
    known = configuration.stamp() if stamp is None else stamp
    return _compiled(known).get((system, entity))


def check(spec: Any) -> Mapping:
    """Compile a mapping and check it against the entity it is for; raises MappingError."""
    mapping = compile_mapping(spec)
    try:
        schema = schema_of(mapping.entity)
    except KeyError:
        raise MappingError.at("/entity", f"there is no entity {mapping.entity!r}") from None
    if issues := check_targets(mapping, schema):
        raise MappingError(issues)
    return mapping


@transaction.atomic
def save(spec: Any, by: str, *, activate: bool = True) -> models.Mapping:
    """Store a mapping as its system's next version for the entity; raises MappingError.

    The version in `spec` is replaced by the one it gets. Records that were mapped before keep
    their values until they are mapped again.
    """
    mapping = check(spec)
    if System.objects.select_for_update().filter(pk=mapping.system).first() is None:
        raise MappingError.at("/system", f"there is no system {mapping.system!r}")
    stored = models.Mapping.objects.filter(system_id=mapping.system, entity=mapping.entity)
    version = (stored.aggregate(last=Max("version"))["last"] or 0) + 1
    if activate:
        stored.filter(active=True).update(active=False)
    row = models.Mapping.objects.create(
        system_id=mapping.system,
        entity=mapping.entity,
        version=version,
        spec={**spec, "version": version},
        active=activate,
        created_by=by,
    )
    configuration.touch()
    return row


def _compiled(stamp: int) -> dict[tuple[str, str], Mapping]:
    global _held
    held, mappings = _held
    if held != stamp:
        rows = models.Mapping.objects.filter(active=True)
        mappings = {(row.system_id, row.entity): compile_mapping(row.spec) for row in rows}
        with _lock:
            _held = (stamp, mappings)
    return mappings


def forget() -> None:
    """Drop the compiled mappings; for tests that roll the stamp back."""
    global _held
    _held = (-1, {})
