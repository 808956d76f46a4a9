"""What must hold of a hub at rest, whatever happened to it at once; each finds the offenders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from uuid import UUID

from django.db.models import Count, F

from canonical.identity.decisions import between
from canonical.models import Change, DecisionKind, Golden, GoldenState, Link, Merge
from matching.engine.keys import strong_keys
from matching.engine.normalise import Features
from matching.models import MatchFeatures, Review
from matching.profiles import profile_for
from matching.questions.review import with_sides
from sync.inbound.answers import Answer
from sync.outbound.publishing.fanout import fan_out
from tests.factories.hub import assert_sound

CHANGING = frozenset({"created", "linked", "updated", "review"})

Pair = frozenset[UUID]


def assert_whole() -> None:
    """Every invariant of a hub at rest."""
    assert not unexplained_twins()
    assert not broken_links()
    assert not after_the_end()
    assert not unsteady_feed()
    assert_sound()


def unexplained_twins() -> set[Pair]:
    """Active golden records that share a strong key, and no review or no-match between them."""
    sharing: dict[tuple[str, int], set[UUID]] = defaultdict(set)
    homes = dict(
        Link.objects.filter(until__isnull=True, golden__state=GoldenState.ACTIVE).values_list(
            "record_id", "golden_id"
        )
    )
    for row in MatchFeatures.objects.filter(record__in=list(homes)):
        profile = profile_for(row.entity)
        for key in strong_keys(profile, Features.unpack(bytes(row.packed))):
            sharing[row.entity, key].add(homes[row.record])
    pairs = {frozenset(p) for goldens in sharing.values() for p in combinations(goldens, 2)}
    return {pair for pair in pairs - _asked() if not _apart(pair, homes)}


def _asked() -> set[Pair]:
    reviews = with_sides(Review.objects.filter(state="open"))
    return {frozenset(sides) for sides in reviews.values_list("now_a", "now_b")}


def _apart(pair: Pair, homes: dict[UUID, UUID]) -> bool:
    left, right = ([r for r, golden in homes.items() if golden == one] for one in pair)
    return bool(between(left, right, DecisionKind.NO_MATCH))


def broken_links() -> list[object]:
    """Open links to merged golden records, and merges that are no forest."""
    dangling = Link.objects.filter(until__isnull=True, golden__state=GoldenState.MERGED)
    wrong: list[object] = list(dangling.values_list("record_id", flat=True))
    survivors = dict(
        Merge.objects.filter(undone_at__isnull=True).values_list("absorbed_id", "survivor_id")
    )
    for start in survivors:
        seen, place = {start}, survivors[start]
        while place in survivors and place not in seen:
            seen.add(place)
            place = survivors[place]
        if place in seen:
            wrong.append(start)
    told = dict(Golden.objects.exclude(merged_into=None).values_list("id", "merged_into"))
    return wrong if told == survivors else [*wrong, told, survivors]


def after_the_end() -> list[tuple[UUID, int]]:
    """Versions of golden records that came while they were merged into another."""
    merged: dict[UUID, bool] = {}
    wrong = []
    rows = Change.objects.order_by("golden_id", "version")
    for golden, version, kind in rows.values_list("golden_id", "version", "kind"):
        if merged.get(golden) and kind != "unmerged":
            wrong.append((golden, version))
        merged[golden] = kind == "merged"
    return wrong


def unsteady_feed() -> list[object]:
    """Rows without a position once all are placed, gaps in versions, and newer before older."""
    fan_out()
    wrong: list[object] = list(Change.objects.filter(position=None).values_list("seq", flat=True))
    reached: dict[UUID, int] = defaultdict(int)
    rows = Change.objects.order_by("position").values_list("golden_id", "version")
    for golden, version in rows:
        if version != reached[golden] + 1:
            wrong.append((golden, version))
        reached[golden] = version
    ahead = Golden.objects.exclude(version=0).values_list("id", "version")
    return [*wrong, *((g, v) for g, v in ahead if reached[g] != v)]


def unkept_promises(answers: Iterable[Answer]) -> list[tuple[str, str]]:
    """The ledger: acknowledged answers whose version the journal does not hold."""
    told = [(a, a.golden.pk, a.golden.version) for a in answers if a.golden is not None]
    rows = set(Change.objects.values_list("golden_id", "version"))
    return [
        (a.source_id, a.outcome) for a, golden, version in told if (golden, version) not in rows
    ]


def uncounted_changes() -> list[UUID]:
    """Golden records whose version is not the number of their journal rows."""
    counted = Golden.objects.annotate(rows=Count("changes")).exclude(rows=F("version"))
    return list(counted.values_list("id", flat=True))
