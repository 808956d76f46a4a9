"""What a change that is only looked at does to golden records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from canonical.models import Golden

#: A golden record, what it says now, and what it will say.
Changed = tuple[Golden, Mapping[str, Any], Mapping[str, Any]]


def differing(
    goldens: Mapping[UUID, Golden],
    before: Mapping[UUID, Mapping[str, Any]],
    after: Mapping[UUID, Mapping[str, Any]],
) -> list[Changed]:
    """Those golden records that come out otherwise."""
    return [
        (goldens[golden], before[golden], content)
        for golden, content in after.items()
        if content != before[golden]
    ]
