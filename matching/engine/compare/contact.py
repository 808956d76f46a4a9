"""Phones, e-mail addresses and web domains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.engine.compare.base import (
    Atoms,
    Comparator,
    Index,
    Ints,
    Levels,
    Terms,
    graded,
    ladder,
    values,
)
from matching.engine.compare.similarity import Texts, indel, jaro_winkler, one_slip, texts

SHARED = 12
"""A phone or domain carried by more records than this is a switchboard, or a host."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """Values as columns with how many records carry each."""

    text: Texts
    shared: Ints


class Phone(Comparator):
    """Compare telephone numbers by their national significant digits."""

    def __init__(self, attribute: str = "phone", field: str = "phone") -> None:
        self.attribute, self.field = attribute, field
        self.levels = ladder(
            ("different", "The numbers differ.", 0.25, -3.0),
            ("slip", "The numbers differ by one digit.", 0.06, 4.0),
            ("same, shared", "The numbers are the same, but many share it.", 0.09, 3.0),
            ("same", "The numbers are the same.", 0.6, 6.5),
        )

    def table(self, atoms: Atoms, terms: Terms) -> TextTable:
        return TextTable(texts(atoms), terms.occurrences(atoms))

    def compare(self, table: TextTable, i: Index, j: Index) -> Levels:
        same = i == j
        out = np.where(table.shared[i] > SHARED, 3, 4).astype(np.int8)
        rest = np.flatnonzero(~same)
        out[rest] = np.where(one_slip(table.text, i[rest], j[rest]), 2, 1)
        return out


@dataclass(frozen=True, slots=True)
class WebTable:
    """Domains and personal mailboxes as columns; `label` is the first of each domain."""

    mailbox: Ints
    domain: Ints
    label: Texts
    label_code: Ints
    shared: Ints


class Web(Comparator):
    """Compare where organisations live on the web: site and mail domains, personal mailboxes."""

    def __init__(self, attribute: str = "website", field: str = "web") -> None:
        self.attribute, self.field = attribute, field
        self.levels = ladder(
            ("different", "The domains differ.", 0.12, -3.5),
            ("similar", "The domains have similar names.", 0.07, 0.0),
            ("same label", "The domains differ in their ending only.", 0.05, 4.0),
            ("same, shared", "The domain is the same, but many share it.", 0.06, 3.0),
            ("same", "The domain is the same.", 0.65, 7.0),
            ("same mailbox", "The e-mail address is the same.", 0.05, 8.0),
        )

    def table(self, atoms: Atoms, terms: Terms) -> WebTable:
        domain = atoms.part(0)
        labels = [name.split(".", 1)[0] for name in domain.distinct]
        return WebTable(
            mailbox=atoms.part(1).code,
            domain=domain.code,
            label=texts(labels),
            label_code=values(labels).code,
            shared=terms.occurrences(atoms),
        )

    def compare(self, table: WebTable, i: Index, j: Index) -> Levels:
        a, b = table.domain[i], table.domain[j]
        domain = a == b
        mailbox = domain & (table.mailbox[i] == table.mailbox[j]) & (table.mailbox[i] >= 0)
        shared = np.maximum(table.shared[i], table.shared[j]) > SHARED
        label = table.label_code[a] == table.label_code[b]
        out = graded([mailbox, domain & ~shared, domain, label], [6, 5, 4, 3], 1)
        rest = np.flatnonzero(out == 1)
        out[rest] = np.where(indel(table.label, a[rest], b[rest], 0.8) >= 0.8, 2, 1)
        return out


class Email(Comparator):
    """Compare the e-mail addresses of people: whole, by mailbox, by spelling."""

    def __init__(self, attribute: str = "email", field: str = "email") -> None:
        self.attribute, self.field = attribute, field
        self.levels = ladder(
            ("different", "The addresses differ.", 0.1, -3.5),
            ("faint", "The addresses have something in common.", 0.07, 0.5),
            ("similar", "The addresses differ by spelling only.", 0.2, 5.0),
            ("same mailbox", "The mailbox agrees, the domain does not.", 0.05, 3.0),
            ("same", "The addresses are the same.", 0.58, 8.0),
        )

    def table(self, atoms: Atoms, terms: Terms) -> tuple[Texts, Texts, Ints]:
        mailboxes = [atom.partition("@")[0] for atom in atoms]
        return texts(atoms), texts(mailboxes), values(mailboxes).code

    def compare(self, table: tuple[Texts, Texts, Ints], i: Index, j: Index) -> Levels:
        whole, mailbox, mailbox_code = table
        out = np.full(len(i), 5, np.int8)
        rest = np.flatnonzero(i != j)
        a, b = i[rest], j[rest]
        likeness = indel(whole, a, b, 0.68)
        local = jaro_winkler(mailbox, a, b, 0.88)
        box = mailbox_code[a] == mailbox_code[b]
        out[rest] = graded(
            [(likeness >= 0.82), box, (likeness >= 0.68) | (local >= 0.88)], [3, 4, 2], 1
        )
        return out
