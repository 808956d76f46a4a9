"""Records brought in through the real intake, linked as the test says, computed for real."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import transaction

from canonical import configuration, writer
from canonical.entities import schema_of
from canonical.golden.cause import Cause
from canonical.golden.recompute import Occasion, recompute
from canonical.identity import intake, linking, storing
from canonical.models import Golden, LinkCause, System
from canonical.validation import validate

CAUSE = Cause(actor="credential:test", name="Test", reason="a test", correlation_id="c-1")


def arrive(
    entity: str,
    data: dict[str, Any],
    *,
    system: str = "crm",
    source_id: str = "1",
    same_as: Golden | None = None,
    at: datetime | None = None,
    **occasion: Any,
) -> Golden:
    """Bring a record in; it becomes a new golden record, or joins one, or updates its own."""
    configuration.forget()
    System.objects.get_or_create(code=system, defaults={"name": system.upper()})
    values, faults = validate(schema_of(entity), data)
    assert not faults, faults
    with transaction.atomic():
        moment = at or writer.now()
        arrival = intake.Arrival(
            source_id=source_id,
            raw=json.dumps(data),
            digest=intake.digest_of(data),
            values=values,
            modified_at=moment,
        )
        known = intake.held_of(system, entity, [arrival])
        [judged] = intake.judge(known, "modified_at", [arrival], moment)
        storing.store(system, entity, [judged], CAUSE, moment)
        golden = _home(entity, judged, same_as, moment)
        held = [golden.pk] if occasion.get("held") else []
        recompute([golden], Occasion(CAUSE, held=held))
    golden.refresh_from_db()
    return golden


def _home(entity: str, judged: intake.Judged, same_as: Golden | None, moment: datetime) -> Golden:
    if judged.golden is not None:
        return Golden.objects.get(pk=judged.golden)
    golden = same_as or linking.new_goldens(entity, 1, moment)[0]
    cause = LinkCause.MATCHED if same_as else LinkCause.CREATED
    linking.open_links([(judged.record, golden.pk, cause)], moment)
    return golden
