"""What previews tell of golden records that would come out otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from canonical.access import Principal
from canonical.api.contract import describe
from canonical.documents.shape import masked_values
from canonical.entities import schema_of
from canonical.governance.effects import Changed


def changed(rows: Iterable[Changed], caller: Principal) -> list[dict[str, Any]]:
    """Golden records with the attributes that change, restricted ones as the caller sees them."""
    return [
        {
            "id": golden.pk,
            "code": golden.code,
            "entity": golden.entity,
            "url": f"/api/v1/{schema_of(golden.entity).path}/{golden.pk}",
            "values": _differences(golden.entity, before, after, caller),
        }
        for golden, before, after in rows
    ]


def _differences(
    entity: str, before: Mapping[str, Any], after: Mapping[str, Any], caller: Principal
) -> dict[str, Any]:
    if not caller.sees_restricted:
        before, after = (masked_values(schema_of(entity), each) for each in (before, after))
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


CHANGED: Final = describe.listing(
    describe.record(
        {
            "id": describe.UUID,
            "code": describe.STRING,
            "entity": describe.STRING,
            "url": describe.STRING,
            "values": {
                "type": "object",
                "additionalProperties": describe.record({"before": {}, "after": {}}),
            },
        }
    )
)
