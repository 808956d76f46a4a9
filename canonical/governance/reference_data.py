"""Reference data as people change it: a word or a term changes, and exactly its carriers follow.

A golden record follows when one of its source records says the word; it is marked as due, and
brought up to date by the queue of later recomputes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.db import models, transaction

from canonical import configuration, worklist, writer
from canonical.entities import schema_of
from canonical.golden import due
from canonical.golden.cause import Cause
from canonical.governance import audit
from canonical.identity import linking
from canonical.identity.errors import Refused
from canonical.models import (
    AuditKind,
    Crosswalk,
    ExchangeRate,
    LegalEntity,
    Link,
    PaymentTerm,
    System,
    Term,
    WorkKind,
)
from canonical.resolution import resolve

AT_ONCE = 200
Word = tuple[str, str, str]  # system, vocabulary, the system's value


@transaction.atomic
def save_crosswalk(row: Crosswalk) -> int:
    """Store what a system's word means; how many golden records that may change."""
    words = {_word(row)}
    if row.pk:
        words.add(_word(Crosswalk.objects.get(pk=row.pk)))
    store_crosswalk(row)
    worklist.close_items(WorkKind.UNMAPPED_VALUE, ["/".join(_word(row))])
    return _changed(words, "crosswalk")


def store_crosswalk(row: Crosswalk) -> None:
    """Store the row alone; of a system's words for a term one at the most goes out."""
    if row.outbound:
        others = Crosswalk.objects.filter(system=row.system_id, term=row.term_id, outbound=True)
        others.exclude(pk=row.pk).update(outbound=False)
    row.save()


@transaction.atomic
def delete_crosswalk(row: Crosswalk) -> int:
    """Take back what a system's word means; how many golden records that may change."""
    words = {_word(row)}
    row.delete()
    return _changed(words, "crosswalk")


@transaction.atomic
def save_term(term: Term) -> int:
    """Store a term; how many golden records that may change.

    A label changes none. Activity does: a word that means an inactive term means nothing.
    """
    before = Term.objects.filter(pk=term.pk).values_list("active", flat=True).first()
    term.save()
    if before == term.active:
        configuration.touch()
        return 0
    return _changed(set(_words_for(term)), "vocabulary")


@transaction.atomic
def keep_term(term: Term, details: LegalEntity | PaymentTerm | None, cause: Cause) -> int:
    """Add or change a term with what is known of it; how many golden records that may change.

    Raises Refused for a new term of a vocabulary that takes none.
    """
    if term.pk is None and not term.vocabulary.extensible:
        raise Refused(f"{term.vocabulary_id} takes no new terms.")
    followed = save_term(term)
    if details is not None:
        details.term = term
        save(details)
    audit.note(AuditKind.TERM, cause, f"{term.vocabulary_id} {term.code}")
    return followed


@transaction.atomic
def keep_rate(rate: ExchangeRate, cause: Cause) -> None:
    """Add or change an exchange rate."""
    save(rate)
    audit.note(AuditKind.RATE, cause, str(rate), facts={"rate": str(rate.rate)})


@transaction.atomic
def save(row: models.Model) -> None:
    """Store reference data that decides no value of a golden record: a system, a rate, ..."""
    row.save()
    configuration.touch()


def carriers(words: Collection[Word]) -> set[UUID]:
    """The golden records of which a linked source record says one of these words."""
    systems = {system for system, _, _ in words}
    links = Link.objects.filter(until__isnull=True, record__system__in=systems)
    rows = links.values_list(
        "golden_id", "record__system_id", "record__entity", "record__current__values"
    )
    wanted = set(words)
    return {
        golden
        for golden, system, entity, values in rows.iterator(chunk_size=2000)
        if values and not wanted.isdisjoint(said(system, entity, values))
    }


def said(system: str, entity: str, values: dict[str, Any]) -> Iterator[Word]:
    """Every word of a vocabulary in a source record's values."""
    heard: list[Word] = []

    def term(vocabulary: str, value: str) -> str:
        heard.append((system, vocabulary, value))
        return value

    resolve(schema_of(entity), values, term, lambda _: None)
    return iter(heard)


def _word(row: Crosswalk) -> Word:
    return row.system_id, row.vocabulary_id, row.value


def _words_for(term: Term) -> Iterator[Word]:
    """What systems may say for a term: its own code, and their words for it."""
    for system in System.objects.values_list("code", flat=True):
        yield system, term.vocabulary_id, term.code
    for row in Crosswalk.objects.filter(term=term):
        yield _word(row)


def _changed(words: Collection[Word], reason: str) -> int:
    configuration.touch()
    goldens = carriers(words)
    linking.mark_due(goldens, reason, writer.now())
    if len(goldens) <= AT_ONCE:
        transaction.on_commit(lambda: _follow(len(goldens)))
    return len(goldens)


def _follow(count: int) -> None:
    if count:
        due.work_off(AT_ONCE)
