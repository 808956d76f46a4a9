"""Who changes something, and why: carried from the door to the journal."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Cause:
    """What a journal row remembers of its origin; `actor` is an id, `name` what people read."""

    actor: str
    name: str
    reason: str = ""
    correlation_id: str = ""
    model_version: str = ""

    def because(self, reason: str) -> Cause:
        """The same actor with another reason."""
        return replace(self, reason=reason)


SYSTEM = Cause(actor="system", name="Assay")
