"""Why, or why not: any two records compared, with everything that speaks in their case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from canonical.documents import records
from canonical.documents.titles import titles
from canonical.models import Decision, DecisionKind, Golden, Link
from matching.engine.decide import Band
from matching.engine.explain import Explanation
from matching.models import Review, ReviewState
from matching.profiles import profile_for
from matching.questions import explanation
from mdm.console.compare.evidence import drawn
from mdm.console.pages import page, show


@dataclass(frozen=True, slots=True)
class Subject:
    """What one of the two names is: a golden record, and the source record where one was named."""

    golden: Golden
    record: UUID | None = None


@page
def why(request: HttpRequest) -> HttpResponse:
    """The two names in the address, what stands between them, and the evidence."""
    names = [request.GET.get(name, "").strip() for name in ("a", "b")]
    context: dict[str, object] = {"names": names, "faults": []}
    if all(names):
        found = [_subject(name) for name in names]
        faults = [
            f"There is no record {name}." for name, one in zip(names, found, strict=True) if not one
        ]
        subjects = [one for one in found if one]
        if len({one.golden.entity for one in subjects}) > 1:
            faults.append("They are records of different entities, which are never compared.")
        context |= {"faults": faults} if faults else _case(request, subjects[0], subjects[1])
    return show(request, "console/why.html", "Why, or why not the same?", **context)


def _subject(name: str) -> Subject | None:
    """A golden record by code or id, or a source record by `system/source id` or id."""
    golden = Golden.objects.filter(records.named(name)).first()
    if golden is not None:
        return Subject(records.survivor(golden))
    system, _, source_id = name.partition("/")
    wanted = Q(record__system=system, record__source_id=source_id)
    if (record := records.golden_id(name)) is not None:
        wanted |= Q(record=record)
    link = Link.objects.filter(wanted, until__isnull=True).select_related("golden").first()
    return Subject(link.golden, link.record_id) if link else None


def _case(request: HttpRequest, a: Subject, b: Subject) -> dict[str, object]:
    entity = a.golden.entity
    sides = [_records(a), _records(b)]
    if a.record and b.record:
        told = explanation.of_records(entity, a.record, b.record)
    elif a.golden.pk != b.golden.pk:
        told = explanation.of_goldens(entity, a.golden.pk, [b.golden.pk])[0]
    else:
        told = None
    named = titles([a.golden.pk, b.golden.pk])
    return {
        "sides": [named[a.golden.pk], named[b.golden.pk]],
        "reasons": [
            *_together(a, b),
            *_decided(sides),
            *_asked(a, b),
            *_met(entity, a, b, sides),
            *_band(entity, told),
        ],
        "told": told,
        "drawing": drawn(request, entity, told) if told else None,
        "compare": _compare(a, b),
    }


def _records(subject: Subject) -> list[UUID]:
    if subject.record:
        return [subject.record]
    linked = Link.objects.filter(golden=subject.golden, until__isnull=True)
    return list(linked.values_list("record_id", flat=True))


def _together(a: Subject, b: Subject) -> list[str]:
    if a.golden.pk != b.golden.pk:
        return ["They are two golden records."]
    links = Link.objects.filter(record__in=[r for r in (a.record, b.record) if r]).filter(
        golden=a.golden, until__isnull=True
    )
    told = [
        f"{link.record} is there since {link.since:%Y-%m-%d}: {link.get_cause_display()}."
        for link in links.select_related("record__system").order_by("since")
    ]
    return [f"They are one golden record, {a.golden.code}.", *told]


def _decided(sides: Sequence[Sequence[UUID]]) -> list[str]:
    """What people said of records of the two, the newest first."""
    left, right = map(list, sides)
    between = Q(record_a__any=left, record_b__any=right) | Q(
        record_a__any=right, record_b__any=left
    )
    words = {DecisionKind.MATCH: "the same", DecisionKind.NO_MATCH: "not the same"}
    return [
        f"{d.by} said on {d.at:%Y-%m-%d} that they are {words[DecisionKind(d.kind)]}"
        f"{': ' + d.reason if d.reason else ''}. Automation follows."
        for d in Decision.objects.filter(between, withdrawn_at__isnull=True).order_by("-at")
    ]


def _asked(a: Subject, b: Subject) -> list[str]:
    ids = [a.golden.pk, b.golden.pk]
    open_ones = Review.objects.filter(
        golden_a__in=ids, golden_b__in=ids, state=ReviewState.OPEN
    ).exclude(golden_a=a.golden, golden_b=a.golden)
    return ["A person is being asked about them."] if open_ones.exists() else []


def _met(entity: str, a: Subject, b: Subject, sides: Sequence[Sequence[UUID]]) -> list[str]:
    """Whether automation ever compared them."""
    if a.golden.pk == b.golden.pk and not (a.record and b.record):
        return []
    meeting = explanation.of_meeting(entity, sides[0], sides[1])
    if meeting.shared:
        return [f"They meet under: {', '.join(meeting.shared)}."]
    if meeting.crowded:
        crowded = ", ".join(meeting.crowded)
        return [f"They meet only under {crowded}, which too many records share to be looked at."]
    return ["They share no key, so automation never compares them by itself."]


def _band(entity: str, told: Explanation | None) -> list[str]:
    if told is None:
        return []
    limits = profile_for(entity).thresholds
    said = {
        Band.NEW: f"below {limits.review:.0%}, from which on a person is asked",
        Band.REVIEW: f"between {limits.review:.0%} and {limits.link:.0%}: a person is asked",
        Band.LINK: f"at least {limits.link:.0%}: enough to link a record that arrives",
    }
    return [f"The evidence gives {told.probability:.1%}, {said[told.band]}."]


def _compare(a: Subject, b: Subject) -> str:
    if a.golden.pk == b.golden.pk:
        return ""
    return reverse("console:compare", query={"golden": [str(a.golden.pk), str(b.golden.pk)]})
