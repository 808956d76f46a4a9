"""Side by side: two to eight golden records in columns, with what they would be as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from canonical import configuration, writer
from canonical.admin.base import principal_of
from canonical.documents import records
from canonical.documents.records import View
from canonical.documents.shape import Record
from canonical.entities import schema_of
from canonical.golden.inputs import load
from canonical.golden.recompute import NOTHING
from canonical.models import Change, Golden, Link, SourceRecord, WorkItem
from canonical.survivorship import golden as survive
from matching import explanation, review
from matching.models import Review, ReviewState
from mdm.console.deeds import AT_MOST, tell_merged
from mdm.console.drawings import remembered, waterfall
from mdm.console.effects import title_of
from mdm.console.pages import cause_from, deed, number_from, page, show
from mdm.console.values import Shown, compact, label
from mdm.console.work import next_after

Document = Mapping[str, Any]
DECISIONS = {
    "match": "They stay together.",
    "no_match": "They are kept apart from now on.",
    "defer": "Left for later.",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One record's value and the systems it came from."""

    value: Shown
    systems: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One attribute across the columns; `result` is what they would say as one."""

    label: str
    cells: tuple[Cell, ...]
    result: Cell
    differs: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One golden record of the comparison."""

    document: Document
    title: str
    sources: Sequence[SourceRecord]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Golden records of one entity side by side."""

    columns: Sequence[Column]
    lines: Sequence[Line]
    warnings: Sequence[str]


def compare(goldens: Sequence[UUID], sees_restricted: bool) -> Comparison:
    """Lay golden records side by side, in the given order; a fixed number of statements."""
    found = {r.id: r for r in records.current(list(goldens))}
    ordered = [found[golden] for golden in goldens if golden in found]
    united = _united(ordered)
    documents = records.show([*ordered, united[0]], View(sees_restricted))
    held = _held(goldens)
    systems = {str(r.pk): r.system_id for rs in held.values() for r in rs}
    winners = _winners(goldens)
    columns = [Column(d, title_of(d) or d["code"], held.get(d["id"], ())) for d in documents[:-1]]
    sides = [(d, winners.get(d["id"], {})) for d in documents[:-1]]
    lines = _lines(sides, (documents[-1], united[1]), systems)
    return Comparison(columns, lines, _warnings(documents[:-1]))


def _united(members: Sequence[Record]) -> tuple[Record, Mapping[str, str]]:
    """The function's answer for all their source records together: no lock, nothing written."""
    first = members[0]
    config = configuration.current()
    inputs = load([r.id for r in members], config)
    together = [c for r in members for c in inputs[r.id].contributions]
    policy = config.policies.get(first.entity, NOTHING)
    day = writer.now().date().isoformat()
    one = survive(schema_of(first.entity), policy, together, day)
    record = Record(
        first.id, first.code, first.entity, first.version, "active", None, first.created_at,
        first.updated_at, False, one.values,
    )  # fmt: skip
    return record, one.winners


def _held(goldens: Sequence[UUID]) -> dict[UUID, list[SourceRecord]]:
    links = Link.objects.filter(golden__in=goldens, until__isnull=True)
    held: dict[UUID, list[SourceRecord]] = {}
    for link in links.select_related("record__system").order_by("since", "id"):
        held.setdefault(link.golden_id, []).append(link.record)
    return held


def _winners(goldens: Sequence[UUID]) -> dict[UUID, Mapping[str, str]]:
    """Per golden record, the source record behind each attribute of its present version."""
    rows = Change.objects.filter(golden__in=goldens, version=F("golden__version"))
    return {golden: winners or {} for golden, winners in rows.values_list("golden_id", "winners")}


def _lines(
    sides: Sequence[tuple[Document, Mapping[str, str]]],
    united: tuple[Document, Mapping[str, str]],
    systems: Mapping[str, str],
) -> list[Line]:
    entity = united[0]["entity"]
    lines = []
    for attribute in schema_of(entity):
        name = attribute.name
        cells = tuple(_cell(document, winners, name, systems) for document, winners in sides)
        if all(cell.value.empty for cell in cells):
            continue
        said = [document.get(name) for document, _ in sides if document.get(name)]
        differs = len(said) < len(sides) or any(value != said[0] for value in said)
        lines.append(Line(label(name), cells, _cell(*united, name, systems), differs))
    return lines


def _cell(
    document: Document, winners: Mapping[str, str], name: str, systems: Mapping[str, str]
) -> Cell:
    value = compact(document.get(name))
    if value.empty:
        return Cell(value)
    behind = {r for path, r in winners.items() if path == name or path.startswith(f"{name}[")}
    return Cell(value, ", ".join(sorted({systems[r] for r in behind if r in systems})))


def _warnings(documents: Sequence[Document]) -> list[str]:
    """What should make a steward stop: identifiers and legal entities that contradict."""
    found = []
    for name, words in (("tax_ids", "tax ids"), ("lei", "LEI"), ("duns", "D-U-N-S numbers")):
        said = {str(d[name]) for d in documents if d.get(name)}
        if len(said) > 1:
            found.append(f"They have different {words}.")
    entities = {d["responsible_entity"] for d in documents if d.get("responsible_entity")}
    if len(entities) > 1:
        found.append("Different legal entities are responsible for them.")
    return found


# --- pages


@page
def compare_page(request: HttpRequest) -> HttpResponse:
    """Golden records chosen from a list, to be merged."""
    goldens = _chosen(request.GET.getlist("golden"))
    if len(goldens) < 2 or len({g.entity for g in goldens}) > 1:
        messages.error(request, f"Choose 2 to {AT_MOST} golden records of one entity.")
        return redirect("admin:index")
    ids = [golden.pk for golden in goldens]
    comparison = compare(ids, principal_of(request).sees_restricted)
    hidden = _hidden(request, goldens[0].entity)
    told = explanation.of_goldens(goldens[0].entity, ids[0], ids[1:])
    return show(
        request,
        "console/compare.html",
        "Compare and merge",
        comparison=comparison,
        survivor=min(ids),
        evidence=[
            (column, one, waterfall(one, hidden))
            for column, one in zip(comparison.columns[1:], told, strict=True)
            if one
        ],
        everything="all" in request.GET,
    )


def _chosen(texts: Sequence[str]) -> list[Golden]:
    """The golden records an address names, once each and not more than fit on the page."""
    ids = [UUID(text) for text in dict.fromkeys(texts) if records.golden_id(text)][:AT_MOST]
    found = Golden.objects.in_bulk(ids)
    return [found[golden] for golden in ids if golden in found]


@page
def review_page(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """A question with its evidence, and the three answers."""
    asked = get_object_or_404(review.with_sides(Review.objects.all()), pk=review_id)
    ids = list(dict.fromkeys([asked.now_a or asked.golden_a_id, asked.now_b or asked.golden_b_id]))
    sees = principal_of(request).sees_restricted
    told = explanation.of_records(asked.entity, asked.record_a_id, asked.record_b_id)
    hidden = _hidden(request, asked.entity)
    item = WorkItem.objects.filter(kind=asked.kind, subject=str(asked.pk)).first()
    return show(
        request,
        "console/review.html",
        f"{asked.get_kind_display().capitalize()}: the same {asked.entity.replace('_', ' ')}?",
        review=asked,
        is_open=asked.state == ReviewState.OPEN,
        comparison=compare(ids, sees),
        asked_about={asked.record_a_id, asked.record_b_id},
        told=told,
        drawing=waterfall(told, hidden) if told else remembered(asked.detail, hidden),
        item=item,
        upcoming=next_after(item),
        everything="all" in request.GET,
        survivor=min(ids),
    )


def _hidden(request: HttpRequest, entity: str) -> frozenset[str]:
    """The comparisons whose values the one who looks may not see."""
    sees = principal_of(request).sees_restricted
    return frozenset() if sees else explanation.restricted(entity)


@deed
def decide(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Answer a review and go on to the next one."""
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        messages.error(request, "Choose one of the three answers.")
        return redirect("console:review", review_id)
    item = WorkItem.objects.filter(subject=str(review_id), state="open").first()
    upcoming = next_after(item)
    decided = review.decide(
        review_id, decision, cause_from(request), number_from(request, "version")
    )
    if decided.effect and decided.effect.merges:
        tell_merged(request, decided.effect)
    else:
        messages.success(request, DECISIONS[decision])
    if upcoming is None:
        return redirect("console:queue")
    return redirect("console:open", upcoming.pk)
