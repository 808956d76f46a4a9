"""Who changes something, and why: carried from the door to the journal."""

from __future__ import annotations

from dataclasses import dataclass, replace

from canonical.access import Principal
from canonical.context import correlation_id

_LENGTHS = {"actor": 120, "name": 120, "reason": 500, "correlation_id": 64, "model_version": 80}


@dataclass(frozen=True, slots=True)
class Cause:
    """What a journal row remembers of its origin; `actor` is an id, `name` what people read.

    What is too long for the columns that remember it is cut.
    """

    actor: str
    name: str
    reason: str = ""
    correlation_id: str = ""
    model_version: str = ""

    def __post_init__(self) -> None:
        for name, length in _LENGTHS.items():
            object.__setattr__(self, name, getattr(self, name)[:length])

    def because(self, reason: str) -> Cause:
        """The same actor with another reason."""
        return replace(self, reason=reason)


def cause_of(principal: Principal, reason: str = "") -> Cause:
    """What a change remembers of the one who asks for it now."""
    return Cause(principal.id, principal.name, reason, correlation_id())


SYSTEM = Cause(actor="system", name="Assay")
