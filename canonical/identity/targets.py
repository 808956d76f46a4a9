"""What the references of records that are just arriving resolve to today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from canonical.configuration import Configuration
from canonical.entities import schema_of
from canonical.golden.inputs import survivors
from canonical.identity.storing import named_goldens
from canonical.models import Link
from canonical.reader import Read, Slot
from canonical.resolution import Found, Resolved, references, resolve

Key = tuple[str, str, str]


def resolved(
    system: str, entity: str, values: Sequence[Mapping[str, Any]], config: Configuration
) -> list[dict[str, Any]]:
    """Each record's values with terms and references in our words; what is unknown is left out."""
    return [answer.values for answer in resolutions(system, entity, values, config)]


def resolutions(
    system: str, entity: str, values: Sequence[Mapping[str, Any]], config: Configuration
) -> list[Resolved]:
    """The same, with what could not be resolved."""
    schema = schema_of(entity)
    found = [references(schema, item) for item in values]
    targets = _lookup(system, [ref for refs in found for ref in refs])

    def term(vocabulary: str, value: str) -> str | None:
        return config.term(system, vocabulary, value)

    answers = []
    for item, refs in zip(values, found, strict=True):
        paths = {ref.path: targets.get(_key(system, ref)) for ref in refs}
        answers.append(resolve(schema, item, term, paths.get))
    return answers


def identities(system: str, entity: str, values: Sequence[Mapping[str, Any]]) -> set[Key]:
    """The (system, entity, source id) of every record these records refer to."""
    schema = schema_of(entity)
    keys = {_key(system, ref) for item in values for ref in references(schema, item)}
    return {key for key in keys if key[0]}


def _key(system: str, found: Found) -> Key:
    if "golden_id" in found.reference:
        return ("", found.entity, found.reference["golden_id"])
    return (found.reference.get("system", system), found.entity, found.reference["source_id"])


def _lookup(system: str, found: Sequence[Found]) -> dict[Key, str]:
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    for key in {_key(system, ref) for ref in found}:
        groups[key[0], key[1]].add(key[2])
    answers: dict[Key, str] = {}
    for (owner, entity), names in sorted(groups.items()):
        if owner:
            answers.update(_linked(owner, entity, names))
        else:
            answers.update(_named(entity, names))
    return answers


def _linked(owner: str, entity: str, source_ids: set[str]) -> dict[Key, str]:
    rows = _LINKED(system=owner, entity=entity, source_ids=list(source_ids))
    return {(owner, entity, source_id): str(golden) for source_id, golden in rows}


_LINKED = Read(
    lambda: Link.objects.filter(
        record__system=Slot("system"),
        record__entity=Slot("entity"),
        record__source_id__any=Slot("source_ids"),
        until__isnull=True,
    ).values_list("record__source_id", "golden_id")
)


def _named(entity: str, names: set[str]) -> dict[Key, str]:
    goldens: dict[str, tuple[UUID, str]] = named_goldens(names)
    ends = survivors([golden for golden, kind in goldens.values() if kind == entity])
    return {
        ("", entity, name): str(ends[golden])
        for name, (golden, kind) in goldens.items()
        if kind == entity
    }
