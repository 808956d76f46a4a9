"""Identifiers, references, categories and amounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import log2

import numpy as np
import numpy.typing as npt

from matching.engine.compare.base import (
    PART,
    Atoms,
    Comparator,
    Counted,
    Index,
    Ints,
    Levels,
    Terms,
    graded,
    ladder,
)
from matching.engine.compare.similarity import Texts, one_slip, texts

WIDELY_SHARED = 12
"""An identifier carried by more records than this says little: a group's, or a placeholder."""


@dataclass(frozen=True, slots=True)
class IdentifierTable:
    """Identifiers as columns: scheme, number, whether the check digits are right, how shared;
    `text` by number."""

    scheme: Ints
    code: Ints
    valid: npt.NDArray[np.bool_]
    text: Texts
    shared: Ints


class Identifier(Comparator):
    """Compare numbers that name one thing: equal, one slip apart, or contradicting.

    `slip` is what one slip is worth in bits: much where numbers are scattered, nothing where they
    are handed out one after the other and a neighbour is somebody else.
    """

    def __init__(self, attribute: str, field: str, trust: float = 1.0, slip: float = 6.0) -> None:
        self.attribute, self.field = attribute, field
        self.levels = ladder(
            ("contradicting", "The numbers are valid and differ.", 0.05, -5.5 * trust),
            ("different", "The numbers differ.", 0.05, -4.0 * trust),
            ("slip", "The numbers differ by one slip of the pen.", 0.04, slip * trust),
            ("same, shared", "The numbers are the same, but many carry it.", 0.06, 4.0 * trust),
            ("same", "The numbers are the same.", 0.8, 11.0 * trust),
        )

    def table(self, atoms: Atoms, terms: Terms) -> IdentifierTable:
        number, verdict = atoms.part(1), atoms.part(2)
        valid = np.array([flag == "v" for flag in verdict.distinct], np.bool_)
        return IdentifierTable(
            scheme=atoms.part(0).code,
            code=number.code,
            valid=verdict.of(valid, none=False),
            text=texts(number.distinct),
            shared=terms.occurrences(atoms),
        )

    def compare(self, table: IdentifierTable, i: Index, j: Index) -> Levels:
        out = np.zeros(len(i), np.int8)
        same = table.code[i] == table.code[j]
        out[same] = np.where(table.shared[i[same]] > WIDELY_SHARED, 4, 5)
        kin = np.flatnonzero(~same & (table.scheme[i] == table.scheme[j]))
        a, b = i[kin], j[kin]
        valid = table.valid[a] & table.valid[b]
        slip = one_slip(table.text, table.code[a], table.code[b])
        out[kin] = np.where(slip, 3, np.where(valid, 1, 2))
        return out


class Category(Comparator):
    """Compare a value out of few: a legal form, a country, a currency, a kind."""

    def __init__(
        self, attribute: str, field: str, m: float = 0.9, u: float = 0.4, position: int = 0
    ) -> None:
        self.attribute, self.field, self.position = attribute, field, position
        self.levels = ladder(
            ("different", "The values differ.", 1 - m, log2((1 - m) / (1 - u))),
            ("same", "The values are the same.", m, log2(m / u)),
        )

    def words(self, atom: str) -> Iterable[str]:
        return ()

    def counted(self, atoms: Atoms, carried: Index) -> Counted:
        return Counted(int(carried.sum()), (), np.zeros(0, np.int64))

    def table(self, atoms: Atoms, terms: Terms) -> Ints:
        return atoms.part(self.position).code

    def compare(self, table: Ints, i: Index, j: Index) -> Levels:
        known = (table[i] >= 0) & (table[j] >= 0)
        return np.where(known, np.where(table[i] == table[j], 2, 1), 0).astype(np.int8)

    def show(self, atom: str) -> str:
        return atom.split(PART)[self.position]


class Reference(Category):
    """Compare what two records refer to: the same golden record, or another."""

    def __init__(self, attribute: str, field: str, m: float = 0.95, u: float = 0.1) -> None:
        super().__init__(attribute, field, m, u)
        self.levels = ladder(
            ("different", "They refer to different records.", 1 - m, log2((1 - m) / (1 - u))),
            ("same", "They refer to the same record.", m, log2(m / u)),
        )


class Code(Comparator):
    """Compare numbers that people give: contract numbers, order numbers, codes."""

    def __init__(self, attribute: str, field: str, trust: float = 1.0) -> None:
        self.attribute, self.field = attribute, field
        self.levels = ladder(
            ("different", "The numbers differ.", 0.08, -3.5 * trust),
            ("slip", "The numbers differ by one slip of the pen.", 0.04, 1.0 * trust),
            ("same, shared", "The numbers are the same, but many carry it.", 0.08, 2.0 * trust),
            ("same", "The numbers are the same.", 0.8, 7.5 * trust),
        )

    def table(self, atoms: Atoms, terms: Terms) -> IdentifierTable:
        none, number = np.zeros(len(atoms), np.int32), np.arange(len(atoms), dtype=np.int32)
        return IdentifierTable(none, number, none > 0, texts(atoms), terms.occurrences(atoms))

    def compare(self, table: IdentifierTable, i: Index, j: Index) -> Levels:
        same = table.code[i] == table.code[j]
        out = np.where(table.shared[i] > WIDELY_SHARED, 3, 4).astype(np.int8)
        rest = np.flatnonzero(~same)
        out[rest] = np.where(one_slip(table.text, i[rest], j[rest]), 2, 1)
        return out


@dataclass(frozen=True, slots=True)
class AmountTable:
    """Amounts in ten-thousandths and their currency."""

    amount: npt.NDArray[np.float64]
    currency: Ints


class Amount(Comparator):
    """Compare amounts of money with a tolerance; different currencies say nothing."""

    def __init__(self, attribute: str, field: str) -> None:
        self.attribute, self.field = attribute, field
        self.levels = ladder(
            ("different", "The amounts differ.", 0.12, -2.7),
            ("near", "The amounts lie within a tenth of each other.", 0.1, -0.3),
            ("close", "The amounts lie within one per cent.", 0.08, 1.5),
            ("same", "The amounts are the same.", 0.7, 4.0),
        )

    def table(self, atoms: Atoms, terms: Terms) -> AmountTable:
        amount = atoms.part(0)
        amounts = np.array([float(number) for number in amount.distinct], np.float64)
        return AmountTable(amount.of(amounts, none=0.0), atoms.part(1).code)

    def compare(self, table: AmountTable, i: Index, j: Index) -> Levels:
        a, b = table.amount[i], table.amount[j]
        gap = np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-9)
        level = graded([a == b, gap <= 0.01, gap <= 0.1], [4, 3, 2], 1)
        left, right = table.currency[i], table.currency[j]
        comparable = (left < 0) | (right < 0) | (left == right)
        return np.where(comparable, level, 0).astype(np.int8)
