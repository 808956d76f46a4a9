"""From the journal to the lanes: one at a time gives committed rows their place in the feed.

Positions follow the order of discovery, by sequence within a round. Versions of one golden record
keep theirs, because writers take its lock before they write. Whoever holds the lock is also the
only one who makes lanes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import F

from canonical import access, writer
from canonical.models import Change, ChangeKind, FeedState, Golden, GoldenState
from canonical.prepared import vendor
from sync.models import Lane, Mode, Parked, Status, Subscription
from sync.outbound import crash
from sync.outbound.content.selection import selects
from sync.outbound.delivery import plans

BATCH = 500
LOAD_BATCH = 500
LOCK = 0x617373617901  # one number for the whole hub
WRITE_BACK = "delivery"  # the task of the hub that registers the ids of targets


@dataclass(frozen=True, slots=True)
class Placed:
    """A journal row that has just got its position."""

    golden: UUID
    entity: str
    version: int
    kind: str
    published: bool
    after: Mapping[str, Any] | None
    actor: str

    @property
    def quiet(self) -> bool:
        """Whether no target can see a difference: the version only knows another id."""
        return self.kind == ChangeKind.LINKED and self.actor == access.of_hub(WRITE_BACK).id


def fan_out() -> set[UUID]:
    """Place every committed row and raise the lanes; returns the subscriptions that were raised.

    Returns at once while another process does it: that one looks again after it let go of the
    lock, so it finds what made us come.
    """
    raised: set[UUID] = set()
    while _unplaced().exists():
        with transaction.atomic():
            if not lock(wait=False):
                return raised
            raised |= _round()
        crash.point("fanned_out")
    return raised


def lock(*, wait: bool) -> bool:
    """Be the one that fans out until the transaction ends; SQLite has one writer anyway."""
    if vendor() != "postgresql":
        return True
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK])
        return bool(cursor.fetchone()[0]) or wait


def _unplaced() -> models.QuerySet[Change]:
    return Change.objects.filter(position__isnull=True)


def _round() -> set[UUID]:
    """One batch: positions, then lanes.

    Rows are read before subscriptions: a subscription that is not seen here commits later, and so
    its initial load sees these rows.
    """
    rows = list(
        _unplaced().order_by("seq").values_list("seq", "golden_id", "entity", "version", "kind",
                                                "published", "actor_id")[:BATCH]
    )  # fmt: skip
    if not rows:
        return set()
    _place([row[0] for row in rows])
    subscriptions = list(Subscription.objects.exclude(status=Status.DELETED).order_by("id"))
    documents = _documents([row[0] for row in rows], subscriptions)
    placed = [Placed(g, e, v, k, p, documents.get(seq), a) for seq, g, e, v, k, p, a in rows]
    published = [row for row in placed if row.published]
    raised = {s.id for s in subscriptions if _raise(s, published)}
    plans.begin(
        subscriptions, {row.golden: row.kind for row in published if row.kind in plans.MOVED}
    )
    return raised


def _place(seqs: Sequence[int]) -> None:
    """Give the rows the next positions, in the order given."""
    last = FeedState.objects.values_list("last_position", flat=True).get(pk=1)
    values = ", ".join(f"({seq}, {last + n})" for n, seq in enumerate(seqs, 1))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE canonical_change SET position = v.column2 "  # noqa: S608 (whole numbers)
            f"FROM (VALUES {values}) AS v WHERE canonical_change.seq = v.column1"
        )
    FeedState.objects.filter(pk=1).update(last_position=last + len(seqs))


def _documents(seqs: Sequence[int], subscriptions: Iterable[Subscription]) -> dict[int, Any]:
    """The documents by sequence, read only where a filter has to look at them."""
    if not any(s.filter for s in subscriptions):
        return {}
    return dict(Change.objects.filter(seq__in=seqs).values_list("seq", "after"))


def _raise(subscription: Subscription, rows: Sequence[Placed]) -> int:
    """Raise the subscription's lanes to the newest of these versions; returns how many it has."""
    carried = [row for row in rows if row.entity in subscription.entities]
    newest = {row.golden: row.version for row in sorted(carried, key=lambda row: row.version)}
    if subscription.filter:
        wanted = {row.golden for row in carried if _passes(subscription, row.entity, row.after)}
        wanted |= _existing(subscription, newest.keys() - wanted)
        newest = {golden: version for golden, version in newest.items() if golden in wanted}
    told = {row.golden for row in carried if not row.quiet}
    quiet = {g: v for g, v in newest.items() if g not in told}
    known = _follow(subscription, quiet, carried) if quiet else set()
    raise_lanes(subscription, {g: v for g, v in newest.items() if g not in known})
    return len(newest.keys() - known)


def _follow(
    subscription: Subscription, versions: Mapping[UUID, int], rows: Sequence[Placed]
) -> set[UUID]:
    """Confirm versions in which the target can see nothing new where it held the one before.

    A lane that is under way, parked or waiting is left to be raised; returns the others.
    """
    first = {row.golden: row.version for row in reversed(rows) if row.golden in versions}
    still = Lane.objects.filter(
        subscription=subscription, golden__in=versions, leased=False, resend=False,
        parked=Parked.NONE, desired=F("confirmed"),
    ).exclude(confirmed_digest="")  # fmt: skip
    locked = still.select_for_update().order_by("golden_id")
    held = [lane for lane in locked if lane.confirmed == first[lane.golden_id] - 1]
    writer.update(
        Lane,
        [
            {"id": lane.pk, "desired": versions[lane.golden_id],
             "confirmed": versions[lane.golden_id]}
            for lane in held
        ],
    )  # fmt: skip
    return {lane.golden_id for lane in held}


def _passes(subscription: Subscription, entity: str, after: Mapping[str, Any] | None) -> bool:
    return after is not None and selects(subscription.filter, entity, after)


def _existing(subscription: Subscription, goldens: Iterable[UUID]) -> set[UUID]:
    lanes = Lane.objects.filter(subscription=subscription, golden__in=list(goldens))
    return set(lanes.values_list("golden_id", flat=True))


def raise_lanes(subscription: Subscription, versions: Mapping[UUID, int]) -> None:
    """Make or raise lanes to at least these versions; repeating it changes nothing.

    Due times of lanes that are not parked stay: they may be leases. Rows go sorted by golden id,
    the order in which everyone locks lanes.
    """
    if not versions:
        return
    key = Lane._meta.get_field("golden")
    owner = key.get_db_prep_save(subscription.pk, connection)
    values: list[Any] = []
    for golden, version in sorted(versions.items()):
        values += [owner, key.get_db_prep_save(golden, connection), version]
    slots = ", ".join(["(%s, %s, %s, CURRENT_TIMESTAMP)"] * len(versions))
    with connection.cursor() as cursor:
        cursor.execute(UPSERT[Mode(subscription.mode)].format(slots=slots), values)


def _upsert(reopened: Sequence[Parked]) -> str:
    states = ", ".join(f"'{state.value}'" for state in reopened)
    fresh = f"CASE WHEN sync_lane.parked IN ({states}) THEN {{}} ELSE sync_lane.{{}} END"
    return (
        "INSERT INTO sync_lane (subscription_id, golden_id, desired, due_at) VALUES {slots} "  # noqa: S608
        "ON CONFLICT (subscription_id, golden_id) DO UPDATE SET desired = excluded.desired, "
        f"attempt = {fresh.format(0, 'attempt')}, probes = {fresh.format(0, 'probes')}, "
        f"due_at = {fresh.format('excluded.due_at', 'due_at')}, withdrawing = FALSE, "
        f"parked = {fresh.format(repr('none'), 'parked')} "
        "WHERE sync_lane.desired < excluded.desired"
    )


# A newer version supersedes what the target would not take; in mode every it stands behind it.
UPSERT = {
    Mode.LATEST: _upsert([Parked.DEPENDENCY, Parked.SHADOW, Parked.DEAD, Parked.UNVERIFIED]),
    Mode.EVERY: _upsert([Parked.DEPENDENCY, Parked.SHADOW]),
}


def load_pending() -> set[UUID]:
    """Make lanes for what a new or changed subscription found; returns those loaded."""
    waiting = Subscription.objects.filter(loading=True).exclude(status=Status.DELETED)
    loaded = set(waiting.order_by("created_at").values_list("pk", flat=True))
    for pk in loaded:
        while _load_batch(pk):
            pass
    return loaded


def _load_batch(pk: UUID) -> bool:
    """Load the next batch under the fan-out's lock; whether there may be more."""
    with transaction.atomic():
        lock(wait=True)
        subscription = Subscription.objects.get(pk=pk)
        if not subscription.loading:
            return False
        goldens = _after(subscription)
        raise_lanes(subscription, _carried(subscription, goldens))
        more = len(goldens) == LOAD_BATCH
        through = goldens[-1][0] if more else None
        Subscription.objects.filter(pk=pk).update(loading=more, loaded_through=through)
        return more


def _after(subscription: Subscription) -> list[tuple[UUID, int]]:
    """The next records that a new target is told of, with their published versions.

    Merged ones it need not know: every reference already names the survivor.
    """
    goldens = Golden.objects.filter(
        entity__in=subscription.entities, published_version__isnull=False
    ).exclude(state=GoldenState.MERGED)
    if subscription.loaded_through:
        goldens = goldens.filter(id__gt=subscription.loaded_through)
    rows = goldens.order_by("id").values_list("id", "published_version")[:LOAD_BATCH]
    return [(golden, version) for golden, version in rows if version is not None]


def _carried(subscription: Subscription, goldens: Sequence[tuple[UUID, int]]) -> dict[UUID, int]:
    versions = dict(goldens)
    if not subscription.filter:
        return versions
    rows = Change.objects.filter(golden__in=versions, version__in=set(versions.values()))
    wanted = {
        golden
        for golden, version, entity, after in rows.values_list(
            "golden_id", "version", "entity", "after"
        )
        if versions[golden] == version and _passes(subscription, entity, after)
    }
    wanted |= _existing(subscription, versions.keys() - wanted)
    return {golden: version for golden, version in versions.items() if golden in wanted}
