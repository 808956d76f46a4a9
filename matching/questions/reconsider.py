"""A second look at records whose references or terms have come to mean something."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from canonical.configuration import Configuration
from matching.intake.refresh import refiled
from matching.intake.resolve import place
from matching.questions import review


def reconsider(goldens: Collection[UUID], config: Configuration, moment: datetime) -> None:
    """File the records of these golden records again and score them.

    What waited for a reference may belong with another golden record now. Links stay where they
    are; a person is asked.
    """
    for entity, seen in refiled(goldens, config).items():
        review.ask(entity, place(entity, seen, config.stamp), moment)
