"""The worklist: what waits for a person, what each item is about, and who took it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from canonical.documents.titles import Title, titles
from canonical.entities import ENTITIES
from canonical.models import SourceRecord, WorkItem, WorkKind
from matching.models import Review
from mdm.console.pages import back, deed, page, show

PER_PAGE = 50
SNOOZE = timedelta(days=7)
REVIEWS = frozenset(
    (
        WorkKind.POSSIBLE_MATCH,
        WorkKind.AMBIGUOUS_MATCH,
        WorkKind.DECISION_CONFLICT,
        WorkKind.BROKEN_BY_UPDATE,
    )
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the worklist."""

    item: WorkItem
    title: str
    review: Review | None
    strongest_for: str
    strongest_against: str
    age: timedelta


@page
def queue(request: HttpRequest) -> HttpResponse:
    """The open items that the filters leave, the most valuable and oldest first."""
    now = timezone.now()
    found = filtered(request, now)
    shown_page = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
    return show(
        request,
        "console/queue.html",
        "Worklist",
        rows=_rows(list(shown_page), now),
        paged=shown_page,
        kinds=_kinds(now),
        entities=[(entity, entity.replace("_", " ")) for entity in ENTITIES],
        chosen={name: request.GET.get(name, "") for name in ("kind", "entity", "who", "q")},
        query=_query(request),
    )


def waiting(now: datetime) -> QuerySet[WorkItem]:
    """Open items that nobody put off."""
    awake = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now)
    return WorkItem.objects.filter(awake, state="open")


def in_order(items: QuerySet[WorkItem]) -> QuerySet[WorkItem]:
    """By value at risk, then age."""
    return items.order_by(F("value_at_risk").desc(nulls_last=True), "opened_at", "id")


def filtered(request: HttpRequest, now: datetime) -> QuerySet[WorkItem]:
    """What the address asks for: kind, entity, who, and a word of the title or code."""
    wanted = request.GET
    items = (
        WorkItem.objects.filter(state="open") if wanted.get("who") == "put-off" else waiting(now)
    )
    if kind := wanted.get("kind"):
        items = items.filter(kind=kind)
    if entity := wanted.get("entity"):
        items = items.filter(entity=entity)
    if text := wanted.get("q", "").strip():
        items = items.filter(Q(title__icontains=text) | Q(golden__code=text.upper()))
    conditions: dict[str, Q] = {
        "me": Q(assignee=request.user.pk),
        "nobody": Q(assignee__isnull=True),
        "put-off": Q(snoozed_until__gt=now),
    }
    items = items.filter(conditions.get(wanted.get("who", ""), Q()))
    return in_order(items.select_related("golden", "assignee"))


def _kinds(now: datetime) -> list[tuple[str, str, int]]:
    counts = dict(waiting(now).order_by().values_list("kind").annotate(number=Count("pk")))
    return [(kind.value, kind.label, counts[kind]) for kind in WorkKind if kind in counts]


def _query(request: HttpRequest) -> str:
    """The filters as they stand in the address, for the links to other pages."""
    kept = request.GET.copy()
    kept.pop("p", None)
    return kept.urlencode()


def _rows(items: Sequence[WorkItem], now: datetime) -> list[Row]:
    asked = {item.facts["review"] for item in items if item.facts.get("review")}
    reviews = {str(review.pk): review for review in Review.objects.filter(pk__in=asked)}
    named = titles({g for r in reviews.values() for g in (r.golden_a_id, r.golden_b_id)})
    return [_row(item, reviews.get(item.facts.get("review", "")), named, now) for item in items]


def _row(item: WorkItem, review: Review | None, named: Mapping[UUID, Title], now: datetime) -> Row:
    said = sorted((review.detail if review else {}).get("comparisons", ()), key=_weight)
    speaks = said[-1] if said and said[-1]["weight"] > 0 else None
    objects = said[0] if said and said[0]["weight"] < 0 else None
    title = _sides(review, named) if review else item.title
    return Row(item, title, review, _words(speaks), _words(objects), now - item.opened_at)


def _sides(review: Review, named: Mapping[UUID, Title]) -> str:
    """What the two golden records are called, the one that is asked about first."""
    sides = [named[review.golden_a_id], named[review.golden_b_id]]
    sides.sort(key=lambda side: str(side.id) != review.detail.get("newcomer"))
    return " / ".join(side.text or side.code for side in sides)


def _weight(comparison: dict[str, Any]) -> int:
    return int(comparison["weight"])


def _words(comparison: dict[str, Any] | None) -> str:
    if comparison is None:
        return ""
    return f"{comparison['attribute'].replace('_', ' ')}: {comparison['label']}"


@page
def open_item(request: HttpRequest, item: UUID) -> HttpResponse:
    """The page on which the item is worked: the review, the record, the value, the delivery."""
    return redirect(address_of(get_object_or_404(WorkItem, pk=item)))


def address_of(item: WorkItem) -> str:
    """Where an item is worked."""
    if item.kind in REVIEWS and item.facts.get("review"):
        return reverse("console:review", args=[item.facts["review"]])
    if item.kind == WorkKind.UNMAPPED_VALUE:
        return _unmapped(item.subject)
    if item.golden_id:
        tab = "deliveries" if item.kind in (WorkKind.DEAD_DELIVERY, WorkKind.DRIFT) else "profile"
        return f"{reverse('admin:canonical_golden_change', args=[item.golden_id])}?tab={tab}"
    return _source_record(item.subject) or reverse("console:queue")


def _unmapped(subject: str) -> str:
    """A new crosswalk row with all but the term filled in."""
    system, vocabulary, value = [*subject.split("/", 2), "", ""][:3]
    query = {"system": system, "vocabulary": vocabulary, "value": value}
    return reverse("admin:canonical_crosswalk_add", query=query)


def _source_record(subject: str) -> str | None:
    system, entity, source_id = [*subject.split("/", 2), "", ""][:3]
    found = SourceRecord.objects.filter(system=system, entity=entity, source_id=source_id).first()
    return reverse("admin:canonical_sourcerecord_change", args=[found.pk]) if found else None


def _claim(items: QuerySet[WorkItem], user: Any) -> int:
    return items.update(assignee=user)


def _release(items: QuerySet[WorkItem], user: Any) -> int:
    return items.filter(assignee=user).update(assignee=None)


def _snooze(items: QuerySet[WorkItem], user: Any) -> int:
    return items.update(snoozed_until=timezone.now() + SNOOZE)


def _wake(items: QuerySet[WorkItem], user: Any) -> int:
    return items.update(snoozed_until=None)


ACTS: dict[str, tuple[Callable[[QuerySet[WorkItem], Any], int], str]] = {
    "claim": (_claim, "assigned to you"),
    "release": (_release, "given back"),
    "snooze": (_snooze, "put off for a week"),
    "wake": (_wake, "back in the worklist"),
}


@deed
def act(request: HttpRequest) -> HttpResponse:
    """Claim, give back, put off or take up the chosen items."""
    chosen = [value for value in request.POST.getlist("item") if len(value) == 36]
    done, words = ACTS.get(request.POST.get("act", ""), ACTS["claim"])
    count = done(WorkItem.objects.filter(pk__in=chosen, state="open"), request.user)
    if count:
        messages.success(request, f"{count} item{'s' if count > 1 else ''} {words}.")
    else:
        messages.info(request, "Nothing was chosen.")
    return back(request)


def next_after(item: WorkItem | None) -> WorkItem | None:
    """What a steward works next: the first open review that is not this one."""
    items = waiting(timezone.now()).filter(kind__in=REVIEWS)
    if item is not None:
        items = items.exclude(pk=item.pk)
    return in_order(items).first()
