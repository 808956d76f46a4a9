"""What is done with items of the worklist: opened, assigned, put off, decided several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from canonical.access import stewards
from canonical.admin.base import principal_of
from canonical.golden.cause import Cause
from canonical.governance import work as governed
from canonical.governance.work import Items, in_order, waiting
from canonical.identity.errors import IdentityError, Refused
from canonical.identity.merging import Outcome
from canonical.identity.units import apart, unit
from canonical.models import SourceRecord, User, WorkItem, WorkKind
from matching.questions import review
from mdm.console.golden.effects import ahead
from mdm.console.pages import back, cause_from, deed, page, show
from mdm.console.worklist.queue import REVIEWS, Row, rows
from mdm.models import SavedView

AT_ONCE = 50
NOBODY = UUID(int=0)
DAYS = {"1": "until tomorrow", "7": "for a week", "30": "for a month"}


@page
def open_item(request: HttpRequest, item: str) -> HttpResponse:
    """The page on which the item is worked: the review, the record, the value, the delivery."""
    address = address_of(get_object_or_404(WorkItem, pk=item))
    anchor = "#evidence-section" if request.GET.get("at") == "evidence" else ""
    return redirect(f"{address}{anchor}")


def address_of(item: WorkItem) -> str:
    """Where an item is worked."""
    if item.kind in REVIEWS and item.facts.get("review"):
        return reverse("console:review", args=[item.facts["review"]])
    if item.kind == WorkKind.UNMAPPED_VALUE:
        return _unmapped(item.subject)
    if item.golden_id:
        tab = TABS.get(WorkKind(item.kind), "profile")
        return f"{reverse('admin:canonical_golden_change', args=[item.golden_id])}?tab={tab}"
    return _source_record(item.subject) or reverse("console:queue")


TABS = {
    WorkKind.DEAD_DELIVERY: "deliveries",
    WorkKind.DRIFT: "deliveries",
    WorkKind.PENDING_REFERENCE: "records",
}


def _unmapped(subject: str) -> str:
    """The vocabulary's page, at the word."""
    system, vocabulary, value = [*subject.split("/", 2), "", ""][:3]
    query = {"system": system, "value": value}
    return f"{reverse('console:vocabulary', args=[vocabulary], query=query)}#here"


def _source_record(subject: str) -> str | None:
    system, entity, source_id = [*subject.split("/", 2), "", ""][:3]
    found = SourceRecord.objects.filter(system=system, entity=entity, source_id=source_id).first()
    return reverse("admin:canonical_sourcerecord_change", args=[found.pk]) if found else None


def next_after(item: WorkItem | None) -> WorkItem | None:
    """What a steward works next: the first open review that is not this one."""
    items = waiting(timezone.now()).filter(kind__in=REVIEWS)
    if item is not None:
        items = items.exclude(pk=item.pk)
    return in_order(items).first()


# --- who works it, and when


def _claim(items: Items, request: HttpRequest) -> tuple[int, str]:
    assert isinstance(request.user, User)
    return governed.assign(items, request.user), "assigned to you"


def _assign(items: Items, request: HttpRequest) -> tuple[int, str]:
    wanted = request.POST.get("assignee", "")
    person = next((p for p in stewards() if str(p.pk) == wanted), None)
    if person is None:
        raise Refused("Choose who should work them.")
    return governed.assign(items, person), f"assigned to {person}"


def _release(items: Items, request: HttpRequest) -> tuple[int, str]:
    return governed.assign(items, None), "given back"


def _snooze(items: Items, request: HttpRequest) -> tuple[int, str]:
    days = request.POST.get("days", "7")
    if days not in DAYS:
        raise Refused("Choose until when they are put off.")
    until = timezone.now() + timedelta(days=int(days))
    return governed.snooze(items, until, cause_from(request, needed=False)), f"put off {DAYS[days]}"


def _wake(items: Items, request: HttpRequest) -> tuple[int, str]:
    return governed.snooze(items, None, cause_from(request, needed=False)), "back in the worklist"


def _close(items: Items, request: HttpRequest) -> tuple[int, str]:
    return governed.close(items, cause_from(request)), "closed"


ACTS: dict[str, Callable[[Items, HttpRequest], tuple[int, str]]] = {
    "claim": _claim,
    "assign": _assign,
    "release": _release,
    "snooze": _snooze,
    "wake": _wake,
    "close": _close,
}


@deed
def act(request: HttpRequest) -> HttpResponse:
    """Claim, assign, give back, put off, take up or close the chosen items."""
    done = ACTS.get(request.POST.get("act", ""), _claim)
    count, words = done(_chosen(request), request)
    if count:
        messages.success(request, f"{_counted(count)} {words}.")
    else:
        messages.info(request, "Nothing was chosen.")
    return back(request)


def _chosen(request: HttpRequest) -> Items:
    ids = [value for value in request.POST.getlist("item") if len(value) == 36]
    return WorkItem.objects.filter(pk__in=ids, state="open")


def _counted(number: int) -> str:
    return f"{number} item{'' if number == 1 else 's'}"


# --- several decided at once


@dataclass(frozen=True, slots=True)
class Answered:
    """What one of several answers would do, or why it cannot be given."""

    row: Row
    outcome: Outcome | None = None
    refusal: str = ""


@deed
def decide_all(request: HttpRequest) -> HttpResponse:
    """Answer the chosen questions alike: first what it would do, then do it."""
    decision = request.POST.get("decision", "")
    if decision not in ("match", "no_match"):
        raise Refused("Choose the same, or not the same.")
    items = list(in_order(_chosen(request).filter(kind__in=REVIEWS))[:AT_ONCE])
    if not items:
        raise Refused("Choose at least one question about a match.")
    preview = request.POST.get("step") != "confirm"
    cause = cause_from(request, needed=not preview)
    told = rows(items, timezone.now())

    def answered() -> list[Answered]:
        return [_answer(row, decision, cause) for row in told]

    if preview:
        return _preview(request, decision, unit(answered, preview=True))
    answers = answered()
    given = sum(not answer.refusal for answer in answers)
    messages.success(request, f"{_counted(given)} answered.")
    for answer in answers:
        if answer.refusal:
            messages.warning(request, f"{answer.row.title}: {answer.refusal}")
    return back(request)


def _answer(row: Row, decision: str, cause: Cause) -> Answered:
    """Each stands alone: one that cannot be given takes nothing back of the others."""
    assert row.review is not None
    question = row.review.pk
    decided = apart(lambda: review.decide(question, decision, cause))
    if isinstance(decided, IdentityError):
        return Answered(row, refusal=str(decided))
    return Answered(
        row, decided.effect, "It opens a decision conflict." if decided.conflict else ""
    )


def _preview(request: HttpRequest, decision: str, answers: Sequence[Answered]) -> HttpResponse:
    words = {"match": "The same", "no_match": "Not the same"}[decision]
    return show(
        request,
        "console/decide_all.html",
        f"{words}: what will happen",
        words=words,
        decision=decision,
        answers=answers,
        ahead=ahead(_together(answers), principal_of(request).sees_restricted),
        back=request.POST.get("back", ""),
    )


def _together(answers: Sequence[Answered]) -> Outcome:
    """Every golden record as the last answer that touched it leaves it."""
    outcomes = [answer.outcome for answer in answers if answer.outcome]
    together = Outcome(subject=outcomes[0].subject if outcomes else NOBODY)
    for outcome in outcomes:
        together.touched.update({k: c for k, c in outcome.touched.items() if c.changed})
        together.moved.update(outcome.moved)
    return together


# --- saved views


@require_POST
@page
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the filters of an address under a name, or forget them."""
    if forgotten := request.POST.get("forget", ""):
        owned: Any = SavedView.objects.filter(owner=request.user.pk)
        owned.filter(pk=forgotten if forgotten.isdigit() else 0).delete()
        return back(request)
    name = request.POST.get("name", "").strip()[: SavedView.NAME_AT_MOST]
    if not name:
        messages.error(request, "Give the view a name.")
        return back(request)
    query = request.POST.get("query", "")[: SavedView.QUERY_AT_MOST]
    SavedView.objects.update_or_create(
        owner_id=request.user.pk,
        name=name,
        defaults={"query": query, "shared": bool(request.POST.get("shared"))},
    )
    messages.success(request, f"The view {name} is saved.")
    return redirect(f"{reverse('console:queue')}?{query}")
