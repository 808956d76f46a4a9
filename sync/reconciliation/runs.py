"""A run: read a target from end to end, compare record by record, keep and heal what differs.

The target's list is read once, in portions; what it does not list is missing. A run that died is
begun anew by the sweep: comparing twice finds the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from canonical import writer
from canonical.models import Golden, SourceRecord
from sync import egress
from sync.connectors.faults import Turned
from sync.models import DriftKind, Lane, Parked, Reconciliation, RunState, Subscription
from sync.outbound import wake
from sync.outbound.content.envelope import LEFT, Message, Operation
from sync.outbound.delivery import messages
from sync.reconciliation import comparison, drifts, healing, reading
from sync.reconciliation.comparison import Expected, Found
from sync.reconciliation.drifts import Finding
from sync.reconciliation.reading import Held, Reader

log = structlog.get_logger(__name__)

PORTION: Final = 100
OLDER: Final = 5  # versions before the confirmed one that a stale record is compared with
NIGHT: Final = time(2)  # by the hub's zone
LOST_AFTER: Final = timedelta(minutes=10)
GONE: Final = Expected({}, active=False)

Say = Callable[[Reconciliation], object]


class Unreadable(Exception):
    """The target cannot be asked what it holds."""


def request(subscription: Subscription, actor: str, *, dry_run: bool = False) -> Reconciliation:
    """Ask for a run; the one that waits or runs already is the answer where there is one."""
    now = writer.now()
    try:
        with transaction.atomic():
            run = Reconciliation.objects.create(
                subscription=subscription, actor=actor, dry_run=dry_run, started_at=now, seen_at=now
            )
    except IntegrityError:
        return _open().get(subscription=subscription)
    transaction.on_commit(partial(wake.reconciliation, run.pk), robust=True)
    return run


def _open() -> QuerySet[Reconciliation]:
    return Reconciliation.objects.filter(state__in=[RunState.WAITING, RunState.RUNNING])


def due() -> list[UUID]:
    """The runs to be worked off: asked for, lost, or of tonight."""
    _request_nightly()
    lost = Q(state=RunState.RUNNING, seen_at__lt=writer.now() - LOST_AFTER)
    wanted = Reconciliation.objects.filter(Q(state=RunState.WAITING) | lost)
    return list(wanted.order_by("started_at").values_list("id", flat=True))


def _request_nightly() -> None:
    """Ask for the nightly run of every target that can be read and had none since last night."""
    local = timezone.localtime(writer.now())
    night = local.replace(hour=NIGHT.hour, minute=0, second=0, microsecond=0)
    since = night if local >= night else night - timedelta(days=1)
    done = Reconciliation.objects.filter(started_at__gte=since).values("subscription")
    found = Subscription.objects.filter(nightly=True, status="active", loading=False, shadow=False)
    for subscription in found.filter(created_at__lt=since).exclude(pk__in=done):
        if reading.can_be_read(subscription):
            request(subscription, "hub:nightly")


def work_off() -> int:
    """Have every due run carried out, here where no worker can be told; how many are due."""
    found = due()
    for run in found:
        if not wake.reconciliation(run):
            work(run)
    return len(found)


def work(id: UUID, say: Say = lambda _: None) -> Reconciliation | None:
    """Carry out a run that waits or was lost; None where another process has taken it."""
    run = _take(id)
    if run is None:
        return None
    try:
        with egress.Client() as client:
            Comparison.of(run, client, say).all()
        run.state = RunState.DONE
    except (Unreadable, egress.Refused, egress.Unreachable, Turned) as error:
        run.state, run.error = RunState.FAILED, str(error)[:255]
    except Exception as error:
        log.exception("reconciliation failed", run=str(id))
        run.state, run.error = RunState.FAILED, f"{type(error).__name__}: {error}"[:255]
    run.finished_at = writer.now()
    run.save()
    return run


def _take(id: UUID) -> Reconciliation | None:
    now = writer.now()
    lost = Q(state=RunState.RUNNING, seen_at__lt=now - LOST_AFTER)
    mine = Reconciliation.objects.filter(Q(state=RunState.WAITING) | lost, pk=id)
    if not mine.update(state=RunState.RUNNING, seen_at=now, done=0, counts={}):
        return None
    return Reconciliation.objects.select_related("subscription__system").get(pk=id)


@dataclass(slots=True)
class Comparison:
    """One run under way."""

    run: Reconciliation
    reader: Reader
    say: Say
    began: datetime
    counts: Counter[str] = field(default_factory=Counter)
    kept: set[UUID] = field(default_factory=set)

    @classmethod
    def of(cls, run: Reconciliation, client: egress.Client, say: Say) -> Comparison:
        """Get ready; Unreadable where the target cannot be asked."""
        reader = reading.reader(run.subscription, client)
        if reader is None:
            run.counts = {DriftKind.UNVERIFIABLE: _lanes(run.subscription).count()}
            raise Unreadable("This target cannot be asked what it holds.")
        return cls(run, reader, say, writer.now())

    @property
    def subscription(self) -> Subscription:
        return self.run.subscription

    def all(self) -> None:
        """Every entity, then what was not found again."""
        self.run.total = _lanes(self.subscription).count()
        for entity in self.subscription.entities:
            self._entity(entity)
        if not self.run.dry_run:
            drifts.close_others(self.subscription, self.kept, writer.now(), shadow=False)

    def _entity(self, entity: str) -> None:
        listed: set[UUID] = set()
        for part in _portions(self.reader.read(entity)):
            listed |= self._listed(entity, part)
        lanes = _lanes(self.subscription).filter(golden__entity=entity).order_by("golden_id")
        missing = [golden for golden in lanes.values_list("golden_id", flat=True)
                   if golden not in listed]  # fmt: skip
        for start in range(0, len(missing), PORTION):
            self._compare(entity, dict.fromkeys(missing[start : start + PORTION]))

    def _listed(self, entity: str, part: Sequence[Held]) -> set[UUID]:
        """Compare a portion of the target's list; the golden records it stands for."""
        goldens = _goldens(self.subscription, entity, part)
        named: dict[UUID, Held | None] = {}
        unknown = []
        for held in part:
            golden = goldens.get(held.source_id) or goldens.get(held.key)
            if golden is None:
                unknown.append(held)
            elif golden not in named or held.key:
                named[golden] = held
        self._compare(entity, named)
        self._keep([_extra(entity, held) for held in unknown if held.active])
        return set(named)

    def _compare(self, entity: str, named: dict[UUID, Held | None]) -> None:
        lanes = {lane.golden_id: lane
                 for lane in Lane.objects.filter(subscription=self.subscription, golden__in=named)
                 .select_related("golden")}  # fmt: skip
        rest = {g: lane for g, lane in lanes.items() if _at_rest(lane) and g in named}
        self.counts["under_way"] += len(lanes) - len(rest)
        expected = messages.expected(self.subscription, {g: x.confirmed for g, x in rest.items()})
        found = []
        for golden, lane in rest.items():
            message, held = expected.get(golden), named[golden]
            finding = self._finding(entity, lane, message, held)
            self.counts["same"] += finding is None
            found += [finding] if finding else []
        self._keep(found)
        self.run.done += len(lanes)
        self._tell()

    def _finding(
        self, entity: str, lane: Lane, message: Message | None, held: Held | None
    ) -> Finding | None:
        should = self._should(lane, message)
        has = None if held is None else Found(held.values, held.active)
        kind = comparison.kind_of(should, has, is_older=False)
        if kind is None:
            return None
        if kind is DriftKind.DRIFTED and has is not None and self._is_older(lane, held, has):
            kind = DriftKind.STALE
        return Finding(
            kind,
            entity,
            lane.golden_id,
            held.source_id if held else "",
            lane.confirmed,
            tuple(comparison.differences(should, has)) if has else (),
        )

    def _should(self, lane: Lane, message: Message | None) -> Expected:
        if message is None or lane.confirmed_digest == LEFT:
            return GONE
        if message.operation is not Operation.PUT:
            return GONE
        return Expected(self.reader.projection(message))

    def _is_older(self, lane: Lane, held: Held | None, has: Found) -> bool:
        """Whether the target tells an older version, or holds what one of the last few said."""
        if held is not None and held.version:
            return held.version.isdigit() and int(held.version) < lane.confirmed
        for version in range(lane.confirmed - 1, max(0, lane.confirmed - 1 - OLDER), -1):
            before = messages.expected(self.subscription, {lane.golden_id: version})
            message = before.get(lane.golden_id)
            if message and not comparison.differences(
                Expected(self.reader.projection(message)), has
            ):
                return True
        return False

    def _keep(self, found: Sequence[Finding]) -> None:
        self.counts.update(finding.kind.value for finding in found)
        if self.run.dry_run or not found:
            return
        rows = drifts.keep(self.subscription, found, self.began, self.run)
        self.kept |= {row.id for row in rows}
        healing.by_policy(self.subscription, rows)

    def _tell(self) -> None:
        self.run.counts, self.run.seen_at = dict(self.counts), writer.now()
        self.run.save(update_fields=["total", "done", "counts", "seen_at"])
        self.say(self.run)


def _lanes(subscription: Subscription) -> QuerySet[Lane]:
    return Lane.objects.filter(subscription=subscription, confirmed__gt=0)


def _at_rest(lane: Lane) -> bool:
    """Whether the target should hold what it confirmed: nothing is on its way or given up."""
    owed = lane.desired > lane.confirmed or lane.resend
    return not owed and lane.parked == Parked.NONE and lane.confirmed > 0


def _goldens(subscription: Subscription, entity: str, part: Iterable[Held]) -> dict[str, UUID]:
    """The golden records by the target's ids, and by our keys that it keeps."""
    ids = [held.source_id for held in part if held.source_id]
    keys = [held.key for held in part if held.key]
    linked = SourceRecord.objects.filter(
        system=subscription.system_id, entity=entity, source_id__in=ids, links__until__isnull=True
    )
    found = {sid: g for sid, g in linked.values_list("source_id", "links__golden_id") if g}
    coded = Golden.objects.filter(code__in=keys, entity=entity)
    named = Golden.objects.filter(id__in=[*filter(None, map(_uuid, keys))], entity=entity)
    found |= {str(golden): golden for golden in named.values_list("id", flat=True)}
    return found | dict(coded.values_list("code", "id"))


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None


def _extra(entity: str, held: Held) -> Finding:
    return Finding(DriftKind.EXTRA, entity, None, held.source_id or held.key)


def _portions(held: Iterator[Held]) -> Iterator[list[Held]]:
    part: list[Held] = []
    for each in held:
        part.append(each)
        if len(part) == PORTION:
            yield part
            part = []
    if part:
        yield part
