"""The worklist: what waits for a person, what each item is about, and in which order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from canonical.access import stewards
from canonical.admin.base import principal_of
from canonical.documents.titles import Title, titles
from canonical.entities import ENTITIES
from canonical.governance.work import Wanted, in_order, waiting, wanted_items
from canonical.models import Link, Merge, System, WorkItem, WorkKind
from matching.engine.explain import bits_of
from matching.models import Review
from mdm.console.pages import page, show
from mdm.models import SavedView

PER_PAGE = 50
FILTERS = ("kind", "entity", "system", "who", "late", "q", "order")
REVIEWS = frozenset(
    (
        WorkKind.POSSIBLE_MATCH,
        WorkKind.AMBIGUOUS_MATCH,
        WorkKind.DECISION_CONFLICT,
        WorkKind.BROKEN_BY_UPDATE,
        WorkKind.AUDIT,
    )
)
ORDERS = {"": "Value at risk", "due": "Due first", "oldest": "Oldest", "newest": "Newest"}


@dataclass(frozen=True, slots=True)
class Side:
    """One golden record an item is about, and how often each system speaks in it."""

    text: str
    code: str
    systems: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the worklist; `margin` is the lead over the runner-up in bits."""

    item: WorkItem
    sides: tuple[Side, ...]
    review: Review | None
    strongest_for: str
    strongest_against: str
    reason: str
    margin: float | None
    age: timedelta
    left: timedelta | None

    @property
    def title(self) -> str:
        """Both sides, or what the item says of itself."""
        return " / ".join(side.text for side in self.sides) or self.item.title

    @property
    def entity(self) -> str:
        """What kind of record it is about, as people say it."""
        return self.item.entity.replace("_", " ")

    @property
    def late(self) -> bool:
        """Whether it has waited longer than it should."""
        return self.left is not None and self.left < timedelta()


@page
def queue(request: HttpRequest) -> HttpResponse:
    """The open items that the filters leave, the most valuable and the first due on top."""
    now = timezone.now()
    shown_page = Paginator(filtered(request, now), PER_PAGE).get_page(request.GET.get("p"))
    return show(
        request,
        "console/queue.html",
        "Worklist",
        rows=rows(list(shown_page), now),
        paged=shown_page,
        kinds=_kinds(now),
        entities=[(entity, entity.replace("_", " ")) for entity in ENTITIES],
        systems=System.objects.values_list("code", "name"),
        orders=ORDERS.items(),
        people=stewards(),
        views=SavedView.objects.filter(Q(owner=request.user.pk) | Q(shared=True)),
        chosen={name: request.GET.get(name, "") for name in FILTERS},
        query=_query(request),
        last_merge=_last_merge(request),
        currency=settings.ASSAY_CURRENCY,
    )


def filtered(request: HttpRequest, now: datetime) -> QuerySet[WorkItem]:
    """What the address asks for: kind, entity, system, who, lateness, a word of title or code."""
    told = {name: request.GET.get(name, "").strip() for name in FILTERS}
    who = told["who"]
    wanted = Wanted(
        kinds=[told["kind"]] if told["kind"] else (),
        entity=told["entity"],
        system=told["system"],
        text=told["q"],
        late=bool(told["late"]),
        snoozed=who == "put-off",
        assignee=request.user.pk if who == "me" else _number(who),
        unassigned=who == "nobody",
    )
    items = wanted_items(wanted, now).select_related("golden", "assignee")
    return in_order(items, told["order"])


def _number(who: str) -> int | None:
    return int(who) if who.isascii() and who.isdigit() and len(who) < 10 else None


def _kinds(now: datetime) -> list[tuple[str, str, int]]:
    counts = dict(waiting(now).order_by().values_list("kind").annotate(number=Count("pk")))
    return [(kind.value, kind.label, counts[kind]) for kind in WorkKind if kind in counts]


def _query(request: HttpRequest) -> str:
    """The filters as they stand in the address, for the links to other pages."""
    kept = request.GET.copy()
    kept.pop("p", None)
    return kept.urlencode()


def _last_merge(request: HttpRequest) -> Merge | None:
    """What the one who looks merged last and nobody has undone: the way back."""
    mine = Merge.objects.filter(by=principal_of(request).name, undone_at__isnull=True)
    return mine.select_related("absorbed", "survivor").order_by("-at").first()


# --- rows


def rows(items: Sequence[WorkItem], now: datetime) -> list[Row]:
    """Items with all a steward needs to choose among them; a fixed number of statements."""
    asked = {item.facts["review"] for item in items if item.facts.get("review")}
    reviews = {str(review.pk): review for review in Review.objects.filter(pk__in=asked)}
    goldens = {g for r in reviews.values() for g in (r.golden_a_id, r.golden_b_id)}
    goldens |= {item.golden_id for item in items if item.golden_id}
    named, systems = titles(goldens), _systems(goldens)
    return [
        _row(item, reviews.get(item.facts.get("review", "")), named, systems, now) for item in items
    ]


def _systems(goldens: Collection[UUID]) -> Mapping[UUID, tuple[tuple[str, int], ...]]:
    links = Link.objects.filter(golden__any=list(goldens), until__isnull=True)
    counted = links.values_list("golden_id", "record__system_id").annotate(number=Count("pk"))
    found: dict[UUID, tuple[tuple[str, int], ...]] = defaultdict(tuple)
    for golden, system, number in counted.order_by("golden_id", "record__system_id"):
        found[golden] += ((system, number),)
    return found


def _row(
    item: WorkItem,
    review: Review | None,
    named: Mapping[UUID, Title],
    systems: Mapping[UUID, tuple[tuple[str, int], ...]],
    now: datetime,
) -> Row:
    detail = review.detail if review else {}
    said = sorted(detail.get("comparisons", ()), key=_weight)
    sides = _about(item, review)
    return Row(
        item=item,
        sides=tuple(
            Side(named[g].text or named[g].code, named[g].code, systems.get(g, ()))
            for g in sides
            if g in named
        ),
        review=review,
        strongest_for=_words(said[-1] if said and _weight(said[-1]) > 0 else None),
        strongest_against=_words(said[0] if said and _weight(said[0]) < 0 else None),
        reason=str(detail.get("reason") or item.facts.get("reason") or item.title),
        margin=bits_of(review.margin) if review and review.margin is not None else None,
        age=now - item.opened_at,
        left=item.due - now if item.due else None,
    )


def _about(item: WorkItem, review: Review | None) -> list[UUID]:
    """The two golden records of a question, the one that is asked about first."""
    if review is None:
        return []
    sides = [review.golden_a_id, review.golden_b_id]
    sides.sort(key=lambda side: str(side) != review.detail.get("newcomer"))
    return sides


def _weight(comparison: Mapping[str, Any]) -> int:
    return int(comparison["weight"])


def _words(comparison: Mapping[str, Any] | None) -> str:
    if comparison is None:
        return ""
    return f"{comparison['attribute'].replace('_', ' ')}: {comparison['label']}"
