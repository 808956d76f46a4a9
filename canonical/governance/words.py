"""Systems' words and what they mean: the crosswalk by vocabulary, what is unmapped, what it may be.

A change is previewed by doing it and taking it back, so that what is told is what then happens.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

from canonical import configuration, writer
from canonical.golden.cause import Cause
from canonical.golden.recompute import compute
from canonical.governance import audit, reference_data
from canonical.governance.effects import Changed, differing
from canonical.identity.errors import Conflict, Refused
from canonical.identity.units import locked_rows
from canonical.models import (
    AuditKind,
    Crosswalk,
    SourceRecord,
    System,
    Term,
    UnmappedValue,
)

LIKELY = 70  # below this likeness of 100 a suggestion is noise
SUGGESTED = 3
LONGEST = 255  # characters of a word
COMPARED = 200  # golden records whose change is computed for a preview


@dataclass(frozen=True, slots=True)
class Suggested:
    """A term that a word may mean; `why` is the known word it resembles."""

    term: Term
    likeness: int
    why: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A word that nobody has explained: who says it, in how many records, what it may mean."""

    system: str
    value: str
    records: int
    goldens: int
    suggestions: tuple[Suggested, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """One vocabulary, with a column per system: by term, each system's words."""

    systems: list[System]
    rows: list[tuple[Term, list[list[Crosswalk]]]]
    unmapped: list[Unmapped]


@dataclass(slots=True)
class Effect:
    """What a change of a word does: the source records that say it, and their golden records.

    `goldens` recompute; of the first COMPARED of them, `changed` are those that come out
    otherwise, as (what they say now, what they will say).
    """

    records: int
    goldens: set[UUID]
    changed: list[Changed] = field(default_factory=list)


def grid(vocabulary: str) -> Grid:
    """The whole vocabulary in a fixed number of statements."""
    terms = list(Term.objects.filter(vocabulary=vocabulary).order_by("position", "code"))
    rows = Crosswalk.objects.filter(vocabulary=vocabulary).order_by("-outbound", "value")
    words = list(rows.select_related("term"))
    said = _counted(vocabulary).order_by("-records", "record__system")
    unexplained = _suggested(said, _known(terms, words))
    speaking = {row.system_id for row in words} | {each.system for each in unexplained}
    systems = list(System.objects.filter(Q(pk__in=speaking)).order_by("code"))
    cells: dict[tuple[int, str], list[Crosswalk]] = defaultdict(list)
    for row in words:
        cells[row.term_id, row.system_id].append(row)
    return Grid(systems, [(t, [cells[t.pk, s.code] for s in systems]) for t in terms], unexplained)


def unmapped(
    vocabulary: str, systems: Collection[str], after: tuple[str, str], limit: int
) -> list[Unmapped]:
    """The first words of these systems behind (system, word), by system and word."""
    system, value = after
    behind = Q(record__system__gt=system) | Q(record__system=system, value__gt=value)
    counted = _counted(vocabulary).filter(behind, record__system__in=systems)
    terms = Term.objects.filter(vocabulary=vocabulary)
    words = Crosswalk.objects.filter(vocabulary=vocabulary).select_related("term")
    rows = counted.order_by("record__system", "value")[:limit]
    return _suggested(rows, _known(list(terms), list(words)))


def _counted(vocabulary: str) -> Any:
    """(system, word, source records, golden records) of every word that nobody has explained."""
    said = UnmappedValue.objects.filter(vocabulary=vocabulary, record__links__until__isnull=True)
    return said.values_list("record__system", "value").annotate(
        records=Count("record", distinct=True),
        goldens=Count("record__links__golden", distinct=True),
    )


def _suggested(rows: Iterable[Any], known: Sequence[tuple[str, Term]]) -> list[Unmapped]:
    return [
        Unmapped(system, value, records, goldens, suggest(value, known))
        for system, value, records, goldens in rows
    ]


def _known(terms: Sequence[Term], words: Sequence[Crosswalk]) -> list[tuple[str, Term]]:
    """Every word that means something, with its term: codes, labels, all systems' words."""
    active = [term for term in terms if term.active]
    own = [(word, t) for t in active for word in (t.code, t.code.replace("_", " "), t.label)]
    return [(w, t) for w, t in own if w] + [(r.value, r.term) for r in words if r.term.active]


def suggest(value: str, known: Sequence[tuple[str, Term]]) -> tuple[Suggested, ...]:
    """The terms whose words resemble a value most, by rapidfuzz's weighted ratio."""
    found = process.extract(
        value,
        [word for word, _ in known],
        scorer=fuzz.WRatio,
        processor=default_process,
        limit=12,
        score_cutoff=LIKELY,
    )
    best: dict[int, Suggested] = {}
    for word, likeness, place in found:
        term = known[place][1]
        best.setdefault(term.pk, Suggested(term, round(likeness), word))
    return tuple(best.values())[:SUGGESTED]


def counts() -> dict[str, int]:
    """By vocabulary, how many different words nobody has explained."""
    rows = UnmappedValue.objects.values_list("vocabulary", "record__system", "value").distinct()
    return dict(Counter(vocabulary for vocabulary, _, _ in rows))


def word_of(system: str, vocabulary: str, value: str) -> Crosswalk:
    """A system's word, as it is mapped or new, without a term yet."""
    found = Crosswalk.objects.filter(system=system, vocabulary=vocabulary, value=value)
    new = Crosswalk(system_id=system, vocabulary_id=vocabulary, value=value)
    return found.select_related("term").first() or new


def preview(row: Crosswalk) -> Effect:
    """What saving this word would do; nothing of it stays. Raises Refused."""
    _refuse_unfit(row)
    return _rehearsed(row, lambda: reference_data.store_crosswalk(row))


def preview_free(row: Crosswalk) -> Effect:
    """What no longer mapping this word would do."""
    return _rehearsed(row, lambda: row.delete())


def _rehearsed(row: Crosswalk, change: Any) -> Effect:
    word = (row.system_id, row.vocabulary_id, row.value)
    goldens = reference_data.carriers({word})
    effect = Effect(_records(word, goldens), goldens)
    with transaction.atomic():
        first = locked_rows(sorted(goldens)[:COMPARED])
        before = compute(list(first.values()), configuration.current(), writer.now())
        told = {golden: each.after for golden, each in before.items()}
        change()
        configuration.touch()
        after = compute(list(first.values()), configuration.current(), writer.now())
        effect.changed = differing(first, told, {g: each.after for g, each in after.items()})
        transaction.set_rollback(True)
    return effect


def _records(word: reference_data.Word, goldens: Collection[UUID]) -> int:
    """How many source records say the word."""
    system, _, _ = word
    rows = SourceRecord.objects.filter(
        system=system, links__golden__any=list(goldens), links__until__isnull=True
    ).distinct()
    said = rows.values_list("entity", "current__values")
    return sum(
        word in reference_data.said(system, entity, values) for entity, values in said if values
    )


def map_word(row: Crosswalk, cause: Cause) -> int:
    """Let a word mean a term; how many golden records follow. Raises Refused and Conflict."""
    _refuse_unfit(row)
    try:
        with transaction.atomic():
            followed = reference_data.save_crosswalk(row)
            audit.note(AuditKind.WORD_MAPPED, cause, _words(row), facts={"goldens": followed})
    except IntegrityError:
        raise Conflict(f"{row.value} was mapped by someone else meanwhile.") from None
    return followed


def _refuse_unfit(row: Crosswalk) -> None:
    if row.term.vocabulary_id != row.vocabulary_id:
        raise Refused(f"{row.term} is a term of {row.term.vocabulary_id}.")
    if not row.term.active:
        raise Refused(f"{row.term} is no longer in use.")


@transaction.atomic
def free_word(row: Crosswalk, cause: Cause) -> int:
    """Let a word mean nothing any more; how many golden records follow."""
    words = _words(row)
    followed = reference_data.delete_crosswalk(row)
    audit.note(AuditKind.WORD_FREED, cause, words, facts={"goldens": followed})
    return followed


def _words(row: Crosswalk) -> str:
    return f"{row.system_id} says {row.value} for {row.vocabulary_id} {row.term.code}"
