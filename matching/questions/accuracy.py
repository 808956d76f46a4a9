"""How right automation is in this hub: by stewards' answers and random audits, with intervals.

What automation decided falls into three parts: links it opened, questions it put before people,
and pairs close below the threshold that it kept apart. Of each part people have answered some; the
answers of a part are weighed up to its size. What no key brings together is not seen: recall is
that among the pairs matching looks at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Case, Count, F, IntegerField, Max, Value, When

from canonical.models import DecisionKind
from matching.engine.accuracy import Bin, reliability
from matching.engine.estimates import Estimate, Stratum, matches, share, squared_and_added
from matching.models import Audit, Review, ReviewKind, ReviewState
from matching.questions.audit import BANDS, band, links, pair_of

Strata = dict[str, list[Stratum]]
"""By pair of systems ("crm erp")."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How right automation is, for one pair of systems ("crm erp") or, named "", for all.

    `precision` is the share of automatic links that are right; `recall` the share of matches that
    automation linked; `found` of those it linked or asked about. None where nobody has answered.
    """

    systems: str
    links: int
    asked: int
    answers: int
    precision: Estimate | None
    recall: Estimate | None
    found: Estimate | None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The figures of one entity: all of it, each pair of systems, and whether chances hold."""

    entity: str
    whole: Figures
    pairs: tuple[Figures, ...]
    reliability: tuple[Bin, ...]
    """Stated against observed, by tenths, of every pair that people have answered."""
    waiting: int
    """Audit questions that nobody has answered yet."""
    audited_at: datetime | None


def of_entity(entity: str) -> Accuracy:
    """The present figures, in a fixed number of statements."""
    answers = _answers(entity)
    linked, asked, near = _linked(entity, answers), _asked(entity), _near(entity, answers)
    audited_at = Audit.objects.filter(entity=entity).aggregate(last=Max("at"))["last"]
    names = sorted({*linked, *asked, *near})
    figures = [
        _figures(
            name,
            linked.get(name, []),
            asked.get(name, []),
            near.get(name, []) if audited_at else None,
        )
        for name in names
    ]
    return Accuracy(
        entity=entity,
        whole=_figures("", _all(linked), _all(asked), _all(near) if audited_at else None),
        pairs=tuple(figures),
        reliability=tuple(_reliability(entity)),
        waiting=Review.objects.filter(
            entity=entity, kind=ReviewKind.AUDIT, state=ReviewState.OPEN
        ).count(),
        audited_at=audited_at,
    )


def _all(parts: Strata) -> list[Stratum]:
    return [stratum for strata in parts.values() for stratum in strata]


def _figures(
    name: str, linked: list[Stratum], asked: list[Stratum], near: list[Stratum] | None
) -> Figures:
    """A part of which nothing was answered makes the figures that need it unknown."""
    right, questions = (matches(part) if part else _NOBODY for part in (linked, asked))
    missed = None if near is None else matches(near) if near else _NOBODY
    total = sum(s.size for s in linked)
    recall = found = None
    if right and questions and missed:
        parts = (right, questions, missed)
        recall = squared_and_added(lambda a, b, c: a / max(a + b + c, 1e-9), parts)
        found = squared_and_added(lambda a, b, c: (a + b) / max(a + b + c, 1e-9), parts)
    return Figures(
        systems=name,
        links=round(total),
        asked=round(sum(s.size for s in asked)),
        answers=sum(s.answered for s in (*linked, *asked, *(near or ()))),
        precision=share(right, total) if right else None,
        recall=share(recall, 1) if recall else None,
        found=share(found, 1) if found else None,
    )


_NOBODY = Estimate(0.0, 0.0, 0.0, 0)

Answered = Mapping[tuple[str, bool, int], tuple[int, int]]
"""By systems, whether it was a link, and band: answers, and matches among them."""


def _answers(entity: str) -> Answered:
    """What people said in audits."""
    rows = Review.objects.filter(
        entity=entity, kind=ReviewKind.AUDIT, state=ReviewState.DECIDED
    ).annotate(of_link=Case(When(golden_a=F("golden_b"), then=1), default=0))
    count: Counter[tuple[str, bool, int]] = Counter()
    right: Counter[tuple[str, bool, int]] = Counter()
    for detail, of_link, probability, said in rows.values_list(
        "detail__systems", "of_link", "probability", "decision"
    ).iterator():
        key = (detail, bool(of_link), band(probability) if of_link else 0)
        count[key] += 1
        right[key] += said == DecisionKind.MATCH
    return {key: (count[key], right[key]) for key in count}


def _linked(entity: str, answers: Answered) -> Strata:
    """Automatic links by pair of systems, a stratum for each band of probability."""
    banded = Case(
        *(When(probability__lt=limit, then=Value(k)) for k, limit in enumerate(BANDS)),
        default=Value(len(BANDS)),
        output_field=IntegerField(),
    )
    rows = links(entity).annotate(band=banded).order_by()
    sizes: Counter[tuple[str, int]] = Counter()
    for system, other, number, count in rows.values_list(
        "link__record__system_id", "other", "band"
    ).annotate(Count("pk")):
        if other:
            sizes[pair_of(system, other), number] += count
    found: Strata = defaultdict(list)
    for (name, number), size in sorted(sizes.items()):
        found[name].append(Stratum(size, *answers.get((name, True, number), (0, 0))))
    return found


def _asked(entity: str) -> Strata:
    """Questions put before people: those answered speak for those that wait."""
    rows = Review.objects.filter(
        entity=entity, kind__in=(ReviewKind.POSSIBLE, ReviewKind.AMBIGUOUS)
    ).order_by()
    sizes, said, right = Counter[str](), Counter[str](), Counter[str]()
    for one, other, decision, count in rows.values_list(
        "record_a__system_id", "record_b__system_id", "decision"
    ).annotate(Count("pk")):
        name = pair_of(one, other)
        sizes[name] += count
        said[name] += count * bool(decision)
        right[name] += count * (decision == DecisionKind.MATCH)
    return {name: [Stratum(size, said[name], right[name])] for name, size in sizes.items()}


def _near(entity: str, answers: Answered) -> Strata:
    """Near misses: their number is that met in audits, weighed up to all records."""
    audits = list(Audit.objects.filter(entity=entity).order_by("at"))
    looked_at = sum(audit.looked_at for audit in audits)
    met: Counter[str] = Counter()
    for audit in audits:
        met.update(audit.near)
    if not looked_at:
        return {}
    scale = max(audits[-1].records / looked_at, 1.0)
    return {
        name: [Stratum(count * scale, *answers.get((name, False, 0), (0, 0)))]
        for name, count in met.items()
    }


def _reliability(entity: str) -> Iterable[Bin]:
    rows = Review.objects.filter(entity=entity, state=ReviewState.DECIDED).exclude(decision="")
    told = list(rows.values_list("probability", "decision"))
    chance = np.array([probability for probability, _ in told], np.float64)
    match = np.array([said == DecisionKind.MATCH for _, said in told], np.bool_)
    return reliability(chance, match)
