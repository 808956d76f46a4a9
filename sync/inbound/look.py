"""What an intake finds out before it writes: read, judged and placed, and nothing written.

One record is looked at under its own locks. A chunk is looked at before its lock is taken, and
under it only what changed since is looked at again: the lock keeps everybody else waiting.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from canonical import configuration
from canonical.configuration import Configuration
from canonical.golden.inputs import survivors
from canonical.identity import units
from canonical.identity.intake import Arrival, Held, Judged, Verdict, held_of, judge
from canonical.identity.storing import named_goldens
from canonical.identity.targets import resolutions
from canonical.resolution import Resolved
from canonical.validation import Fault
from matching.intake import filing
from matching.intake.placement import Placement
from matching.intake.resolve import Newcomer, Placing, newcomer

_NOBODY = UUID(int=0)


class Look:
    """The arrivals of one transaction beside all that is held."""

    def __init__(
        self, system: str, entity: str, arrivals: Sequence[Arrival], stamp: int | None = None
    ) -> None:
        self.system, self.entity, self.arrivals = system, entity, arrivals
        self.stamp = stamp
        self.mark: str | None = None
        self.config: Configuration
        self.moment: datetime
        self.meant: dict[str, Resolved]
        self.seen: dict[str, Newcomer]
        self.held: dict[str, Held]
        self.judged: list[Judged]
        self.placing: Placing | None
        self.placements: list[Placement]

    def ahead(self) -> None:
        """Look at everything before any lock, where it can be told later what changed since."""
        self.mark = filing.seen_so_far()
        if self.mark is not None:
            self.see()
            self._place()

    def see(self) -> None:
        """Read the configuration, unless its stamp was just read, and the arrivals by it."""
        if self.stamp is None:
            self.config, self.moment = configuration.opening()
        else:
            self.config, self.stamp = configuration.known(self.stamp), None
        speaking = [a for a in self.arrivals if a.values]
        meant = resolutions(self.system, self.entity, [a.values for a in speaking], self.config)
        self.meant = dict(zip((a.source_id for a in speaking), meant, strict=True))
        self.seen = {
            source_id: newcomer(self.entity, _NOBODY, self.system, resolved.values)
            for source_id, resolved in self.meant.items()
        }

    def settle(self, stamp: int, moment: datetime) -> None:
        """Under the locks, and as of then: look, or look again at what changed since.

        Raises Grown where a record itself came in by another way, or the configuration changed:
        whatever makes the work begin again, the second time all is looked at under the locks.
        """
        mark, self.mark = self.mark, None
        self.moment = moment
        if stamp != self.config.stamp:
            raise units.Grown
        if mark is None:
            self._place()
            return
        if self._held() != self.held:
            raise units.Grown
        if self.placing is not None:
            late = filing.filed_since(self.entity, mark)
            if late:
                self.placements = self.placing.look_again(self.placements, late)

    def _held(self) -> dict[str, Held]:
        return held_of(self.system, self.entity, self.arrivals)

    def _place(self) -> None:
        order_by = self.config.order_by[self.system]
        self.held = self._held()
        self.judged = judge(self.held, order_by, self.arrivals, self.moment)
        declared = self._declared()
        self._refuse_unknown_goldens(declared)
        newcomers = self._newcomers(declared)
        placing = Placing(self.entity, newcomers, self.config.stamp) if newcomers else None
        self.placing, self.placements = placing, placing.run() if placing else []

    def _declared(self) -> dict[str, UUID]:
        """What the arrivals say they are the same as, merged ones as what they answer with."""
        named = named_goldens({a.same_as for a in self.arrivals if a.same_as})
        own = {name: golden for name, (golden, kind) in named.items() if kind == self.entity}
        ends = survivors(own.values())
        return {name: ends[golden] for name, golden in own.items()}

    def _refuse_unknown_goldens(self, declared: Collection[str]) -> None:
        for item in self.judged:
            name = item.arrival.same_as
            if name and name not in declared:
                item.verdict, item.said = Verdict.REFUSED, None
                item.refusal = Fault(
                    "/same_as", "unknown_golden", f"There is no {self.entity} {name}."
                )

    def _newcomers(self, declared: Mapping[str, UUID]) -> list[Newcomer]:
        """The records to place: those without a golden record, and those that changed."""
        return [
            self.seen[item.arrival.source_id]._replace(
                record=item.record,
                golden=item.golden,
                declared=declared.get(item.arrival.same_as or ""),
            )
            for item in self.judged
            if item.verdict in (Verdict.NEW, Verdict.NEWER) and item.arrival.source_id in self.seen
        ]
