"""Survivorship policies as people change them: looked at first, then put in force.

A change of policy reaches golden records in which several records speak; all others say the same
under any policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, QuerySet

from canonical import configuration, writer
from canonical.entities import schema_of
from canonical.golden import due
from canonical.golden.cause import Cause
from canonical.golden.recompute import compute
from canonical.governance import audit, policy_rules
from canonical.governance.effects import Changed, differing
from canonical.identity.errors import VersionConflict
from canonical.identity.units import locked_rows
from canonical.models import AuditKind, Golden, Policy
from canonical.survivorship import policy as survivorship
from canonical.validation import Fault

COMPARED = 200  # golden records whose change is computed for a preview


@dataclass(frozen=True, slots=True)
class Effect:
    """What other rules do: how many golden records they concern, how many of those were compared,
    and which of these come out otherwise."""

    goldens: int
    compared: int
    changed: list[Changed]


def faults_in(entity: str, rules: Any) -> list[Fault]:
    """Everything that is wrong with rules for an entity."""
    return policy_rules.faults_in(schema_of(entity), rules)


def in_force(entity: str) -> Policy:
    """The policy of an entity that holds now."""
    return Policy.objects.get(entity=entity, active=True)


@transaction.atomic
def preview(entity: str, rules: Mapping[str, Any]) -> Effect:
    """What these rules would change; nothing is written."""
    concerned = _concerned(entity)
    first = locked_rows(list(concerned.order_by("id").values_list("id", flat=True)[:COMPARED]))
    config, moment = configuration.current(), writer.now()
    other = survivorship.Policy.from_rules(entity, 0, rules)
    wished = replace(config, policies={**config.policies, entity: other})
    before = compute(list(first.values()), config, moment)
    after = compute(list(first.values()), wished, moment)
    changed = differing(first, _contents(before), _contents(after))
    return Effect(concerned.count(), len(first), changed)


def _contents(computed: Mapping[Any, Any]) -> dict[Any, Mapping[str, Any]]:
    return {golden: each.after for golden, each in computed.items()}


@transaction.atomic
def put_in_force(
    entity: str, rules: Mapping[str, Any], cause: Cause, expected: int | None = None
) -> tuple[Policy, int]:
    """Let these rules hold from now on; the new version, and how many golden records follow.

    Raises VersionConflict where another policy holds than the caller has read.
    """
    held = Policy.objects.select_for_update().get(entity=entity, active=True)
    if expected is not None and held.version != expected:
        raise VersionConflict(f"You have version {expected}, version {held.version} is in force.")
    if held.rules == rules:
        return held, 0
    made = store(entity, rules, cause.name)
    followed = due.mark_all(_concerned(entity), "policy")
    audit.note(AuditKind.POLICY, cause, str(made), facts={"goldens": followed})
    return made, followed


@transaction.atomic
def store(entity: str, rules: Mapping[str, Any], by: str) -> Policy:
    """Store rules as the entity's next version, in force; no golden record follows yet."""
    stored = Policy.objects.filter(entity=entity)
    last = stored.aggregate(last=Max("version"))["last"] or 0
    stored.filter(active=True).update(active=False)
    made = Policy.objects.create(
        entity=entity, version=last + 1, rules=rules, active=True, created_by=by
    )
    configuration.touch()
    return made


def _concerned(entity: str) -> QuerySet[Golden]:
    """Golden records in which several records speak."""
    linked = Golden.objects.filter(entity=entity, links__until__isnull=True)
    return linked.annotate(speaking=Count("links")).filter(speaking__gt=1)
