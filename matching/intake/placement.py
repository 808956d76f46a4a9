"""What resolving answers with: where a record goes, what speaks for it, and what it asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from canonical.models import LinkCause
from matching.intake.population import Newcomer
from matching.models import ReviewKind


@dataclass(frozen=True, slots=True)
class Found:
    """What the engine said of a newcomer and one record: enough to compute it again."""

    record: UUID
    golden: UUID
    weight: int
    probability: float
    margin: int | None
    runner_up: UUID | None
    model_version: str
    detail: dict[str, Any]


@dataclass(slots=True)
class Question:
    """A review to open between the newcomer and the best record of another golden record."""

    kind: ReviewKind
    found: Found


@dataclass(slots=True)
class Placement:
    """Where a newcomer goes: `golden` with `created` telling whether it must be made first."""

    newcomer: Newcomer
    golden: UUID
    cause: LinkCause
    created: bool = False
    found: Found | None = None
    questions: list[Question] = field(default_factory=list)

    def evidence(self) -> list[Found]:
        """What speaks for the placement and for each of its questions."""
        asked = [question.found for question in self.questions]
        return [self.found, *asked] if self.found else asked
