"""Training on the hub's own records and its stewards' answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import transaction

from canonical import configuration
from canonical.models import Decision, DecisionKind, SourceRecord
from matching.engine.compare.base import Index
from matching.engine.frame import Frame, frame_of
from matching.engine.model import Model, default_model
from matching.engine.normalise import Features, OutdatedFeatures
from matching.engine.profile import Profile
from matching.engine.train import Labels
from matching.models import MatchFeatures, MatchModel


@dataclass(frozen=True, slots=True)
class Population:
    """Every record of an entity, the system of each, and the answers that still hold.

    `records` names the hub's source record of each row; a file has none.
    """

    frame: Frame
    systems: Index
    labels: Labels
    records: tuple[UUID, ...] = ()


def population(profile: Profile) -> Population:
    """What the hub holds of an entity, as training wants it."""
    rows = dict(_features(profile.entity))
    place = {record: row for row, record in enumerate(rows)}
    answers = Decision.objects.filter(
        withdrawn_at__isnull=True, record_a__entity=profile.entity
    ).values_list("record_a_id", "record_b_id", "kind")
    found = [
        (place[a], place[b], kind == DecisionKind.MATCH)
        for a, b, kind in answers
        if a in place and b in place
    ]
    i, j, match = zip(*found, strict=True) if found else ((), (), ())
    labels = Labels(np.array(i, np.int64), np.array(j, np.int64), np.array(match, np.bool_))
    frame = frame_of(profile, list(rows.values()))
    return Population(frame, _systems(profile, rows), labels, tuple(rows))


def _systems(profile: Profile, rows: Iterable[UUID]) -> Index:
    named = dict(SourceRecord.objects.filter(entity=profile.entity).values_list("id", "system_id"))
    numbers: dict[str, int] = {}
    return np.array(
        [numbers.setdefault(str(named.get(row)), len(numbers)) for row in rows], np.int64
    )


def _features(entity: str) -> Iterator[tuple[UUID, Features]]:
    """Records packed by an older normaliser are left out: they are filed again when they come."""
    kept = MatchFeatures.objects.filter(entity=entity).order_by("record")
    for record, packed in kept.values_list("record", "packed").iterator():
        try:
            yield record, Features.unpack(bytes(packed))
        except OutdatedFeatures:
            continue


def active_model(profile: Profile) -> Model:
    """The model that the hub uses for an entity."""
    rows = MatchModel.objects.filter(entity=profile.entity, active=True)
    body = rows.values_list("body", flat=True).first()
    return Model.from_json(json.dumps(body)) if body else default_model(profile)


@transaction.atomic
def keep(model: Model, by: str, activate: bool) -> MatchModel:
    """Store a model; activating it retires the one before, which stays to be rolled back to."""
    row, _ = MatchModel.objects.get_or_create(
        entity=model.entity,
        version=model.version,
        defaults={"body": json.loads(model.to_json()), "created_by": by},
    )
    if activate:
        MatchModel.objects.filter(entity=model.entity, active=True).update(active=False)
        MatchModel.objects.filter(pk=row.pk).update(active=True)
        configuration.touch()
    return row
