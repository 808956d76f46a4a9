"""Audits: a random sample of what automation did, and of what it nearly did, put before stewards.

Links are drawn evenly from every pair of systems and band of probability, so that the rare kinds
are seen; near misses are met by looking at records at random.
`matching.questions.accuracy` weighs the answers up to the whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice, zip_longest
from random import SystemRandom
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, OuterRef, QuerySet, Subquery

from canonical import configuration, writer
from canonical.golden.cause import Cause
from canonical.identity import decisions
from canonical.models import DecisionKind, Link, LinkCause, SourceRecord
from matching.engine.decide import Band, band_of
from matching.engine.keys import keys
from matching.intake.candidates import features_of
from matching.intake.placement import Found
from matching.intake.resolve import Newcomer, considered
from matching.models import Audit, MatchEvidence, MatchFeatures, Review, ReviewKind, ReviewState
from matching.profiles import profile_for
from matching.questions.review import draft, put_before_people, unanswered

BANDS = (0.99, 0.999)
"""Links are drawn evenly from below, between and above these probabilities."""

NEAR = 0.01
"""Pairs less likely than this are not near the threshold: they are taken for different."""

LOOKED_AT = 20
"""Records looked at for near misses, for each question about one."""

Progress = Callable[[], object]
"""Told of each record that was looked at."""

_random = SystemRandom()
T = TypeVar("T")


def band(probability: float) -> int:
    """The band of an automatic link, 0 for the least certain."""
    return sum(probability >= limit for limit in BANDS)


def pair_of(one: str, other: str) -> str:
    """Two systems as one name, in alphabetical order."""
    return " ".join(sorted((one, other)))


def links(entity: str) -> QuerySet[Any]:
    """Every link that automation ever opened, annotated with the `other` record's system."""
    best = SourceRecord.objects.filter(pk=OuterRef("best_record")).values("system_id")
    return MatchEvidence.objects.filter(
        link__cause=LinkCause.MATCHED, link__record__entity=entity
    ).annotate(other=Subquery(best, output_field=CharField()))


def draw(entity: str, size: int, cause: Cause, progress: Progress = lambda: None) -> Audit:
    """Put at most `size` questions about links, and as many about near misses, before stewards."""
    moment = writer.now()
    filed = MatchFeatures.objects.filter(entity=entity)
    records = ((None, record) for record in filed.values_list("record", flat=True).iterator())
    looked_at = reservoirs(records, LOOKED_AT * size).get(None, [])
    near = _near(entity, looked_at, moment, progress)
    by_pair: dict[Hashable, list[Review]] = defaultdict(list)
    for review in near:
        by_pair[review.detail["systems"]].append(review)
    told, open_ones = _known(_links(entity, size, moment))
    asked = unanswered([*open_ones, *evenly(by_pair, size)])
    with transaction.atomic():
        put_before_people([*told, *asked], moment)
        return Audit.objects.create(
            entity=entity,
            at=moment,
            by=cause.name,
            asked=len(asked),
            records=filed.count(),
            looked_at=len(looked_at),
            near=Counter(review.detail["systems"] for review in near),
        )


def reservoirs(items: Iterable[tuple[Hashable, T]], size: int) -> dict[Hashable, list[T]]:
    """From each stratum at most `size` items, all equally likely (J. S. Vitter, TOMS 11, 1985)."""
    seen: Counter[Hashable] = Counter()
    kept: dict[Hashable, list[T]] = defaultdict(list)
    for stratum, item in items:
        seen[stratum] += 1
        if len(kept[stratum]) < size:
            kept[stratum].append(item)
        elif (place := _random.randrange(seen[stratum])) < size:
            kept[stratum][place] = item
    return kept


def evenly(strata: Mapping[Any, Sequence[T]], size: int) -> list[T]:
    """`size` items at random, as evenly from all strata as these allow."""
    shuffled = [_random.sample(list(items), len(items)) for items in strata.values()]
    _random.shuffle(shuffled)
    turns = chain.from_iterable(zip_longest(*shuffled))
    return list(islice((item for item in turns if item is not None), size))


def _links(entity: str, size: int, moment: datetime) -> list[Review]:
    """Automatic links that were in no audit yet."""
    audits = Review.objects.filter(entity=entity, kind=ReviewKind.AUDIT)
    audited = set(audits.values_list("record_a_id", "record_b_id"))
    chosen = evenly(reservoirs(_strata(entity, audited), size), size)
    rows = links(entity).filter(pk__in=chosen).select_related("link__record")
    return [_of_link(entity, evidence, moment) for evidence in rows]


def _strata(entity: str, audited: set[tuple[UUID, UUID]]) -> Iterator[tuple[tuple[str, int], UUID]]:
    rows = links(entity).values_list(
        "pk", "probability", "link__record__system_id", "other", "link__record_id", "best_record"
    )
    for link, probability, system, other, record, best in rows.iterator():
        if other and (min(record, best), max(record, best)) not in audited:
            yield (pair_of(system, other), band(probability)), link


def _of_link(entity: str, evidence: MatchEvidence, moment: datetime) -> Review:
    link = evidence.link
    found = Found(
        record=evidence.best_record,
        golden=link.golden_id,
        weight=evidence.weight,
        probability=evidence.probability,
        margin=evidence.margin,
        runner_up=evidence.runner_up,
        model_version=evidence.model_version,
        detail=evidence.detail,
    )
    review = draft(entity, ReviewKind.AUDIT, (link.record_id, link.golden_id), found, moment)
    return _asking(review, "drawn at random: automation linked them", link.record.system_id)


def _asking(review: Review, question: str, system: str) -> Review:
    """With the question in words and the pair of systems; `system` is the arrived record's."""
    other = next(
        record
        for record in (review.record_a_id, review.record_b_id)
        if str(record) != review.detail["arrived"]
    )
    others = SourceRecord.objects.values_list("system_id", flat=True).get(pk=other)
    review.detail |= {"reason": question, "systems": pair_of(system, others)}
    return review


def _known(reviews: Sequence[Review]) -> tuple[list[Review], list[Review]]:
    """Those that people have answered already, with the answer, and those to be asked.

    A link that was parted by hand is an error, though nobody was asked: to leave it out would
    flatter automation.
    """
    records = [r for review in reviews for r in (review.record_a_id, review.record_b_id)]
    said = decisions.standing(records)
    homes = Link.objects.filter(record__any=records, until__isnull=True)
    home = dict(homes.values_list("record_id", "golden_id"))
    told, others = [], []
    for review in reviews:
        pair = review.record_a_id, review.record_b_id
        here, there = (home.get(record) for record in pair)
        answer = said.get(pair) or (DecisionKind.NO_MATCH if here != there else None)
        if answer is None:
            others.append(review)
        elif here and there:
            review.state, review.decision = ReviewState.DECIDED, answer
            review.decided_at = review.opened_at
            told.append(review)
    return told, others


def _near(
    entity: str, looked_at: Sequence[UUID], moment: datetime, progress: Progress
) -> list[Review]:
    """The pairs close below the threshold that these records make with older ones.

    Older ones only: so each pair can be met from one of its sides alone.
    """
    profile, stamp = profile_for(entity), configuration.stamp()
    found = []
    for newcomer in _filed(entity, looked_at):
        progress()
        for candidate in considered(entity, newcomer, stamp)[1]:
            low = band_of(profile, candidate.probability) is Band.NEW
            if low and candidate.probability >= NEAR and candidate.record < newcomer.record:
                found.append(_of_near(entity, newcomer, candidate, moment))
    return unanswered(found)


def _filed(entity: str, records: Sequence[UUID]) -> Iterator[Newcomer]:
    """Records as they were filed for matching, where they are linked."""
    profile = profile_for(entity)
    known = features_of(records)
    rows = Link.objects.filter(record__any=list(known), until__isnull=True)
    for record, golden, system in rows.values_list("record_id", "golden_id", "record__system_id"):
        seen = known[record]
        yield Newcomer(record, system, seen, tuple(keys(profile, seen)), frozenset(), golden)


def _of_near(entity: str, newcomer: Newcomer, found: Found, moment: datetime) -> Review:
    assert newcomer.golden is not None
    review = draft(entity, ReviewKind.AUDIT, (newcomer.record, newcomer.golden), found, moment)
    return _asking(review, "drawn at random: automation kept them apart", newcomer.system)
