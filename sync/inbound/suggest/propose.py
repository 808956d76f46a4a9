"""The weighing: each field goes to the attribute that its name and its values speak for most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from canonical.attributes import Kind
from sync.inbound.suggest import values as evidence
from sync.inbound.suggest.fields import Field
from sync.inbound.suggest.names import likeness
from sync.inbound.suggest.targets import Target
from sync.inbound.suggest.values import Steps

LEAST = 0.52  # below this a suggestion is more often wrong than right
VALUES_READ = 200


@dataclass(frozen=True, slots=True)
class Known:
    """What the hub knows that helps to recognise values.

    `words` are by vocabulary the words that mean something: terms, their labels, other systems'
    words, in small letters. `held` are values that golden records hold, by the target's path;
    `shapes` how such values look.
    """

    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    held: Mapping[str, frozenset[str]] = field(default_factory=dict)
    shapes: Mapping[str, Counter[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A field for a target: how sure, in which way it is read, and the sentences that say why.

    `partner` is the field that qualifies it: the currency of an amount, the country of a number.
    """

    target: Target
    field: Field
    score: float
    steps: Steps
    reasons: tuple[str, ...]
    partner: Field | None = None

    @property
    def expression(self) -> str:
        """What reads it from the payload, or from an element of the list it stands in."""
        if self.partner is None:
            return self.field.path
        return f"[{self.field.path}, {self.partner.path}]"


def propose(targets: Sequence[Target], fields: Sequence[Field], known: Known) -> list[Suggestion]:
    """The best pairs, no target and no field twice; the surest first."""
    weighed = [s for t in targets for f in fields if (s := weigh(t, f, known)).score >= LEAST]
    weighed.sort(key=lambda s: (-s.score, bool(s.target.listed), s.target.path, s.field.key))
    taken: set[str] = set()
    chosen: list[Suggestion] = []
    for suggestion in weighed:
        names = {f"to {suggestion.target.path}", f"from {suggestion.field.key}"}
        if not names & taken and _fits_list(suggestion, chosen):
            taken |= names
            chosen.append(suggestion)
    return [_with_partner(suggestion, chosen) for suggestion in chosen]


def _with_partner(suggestion: Suggestion, chosen: Sequence[Suggestion]) -> Suggestion:
    wanted = _PARTNERS.get(suggestion.target.attribute.kind)
    able = [
        s.field
        for s in chosen
        if s.target.attribute.kind is wanted and s.field.each == suggestion.field.each
    ]
    return replace(suggestion, partner=able[0]) if able else suggestion


_PARTNERS = {Kind.MONEY: Kind.CURRENCY, Kind.PHONE: Kind.COUNTRY}


def _fits_list(suggestion: Suggestion, chosen: Sequence[Suggestion]) -> bool:
    """An element's parts come from one place: all from the row, or all from one list in it."""
    target = suggestion.target
    if suggestion.field.each and not target.listed:
        return False
    same = [s for s in chosen if (s.target.listed, s.target.role) == (target.listed, target.role)]
    return not target.listed or all(s.field.each == suggestion.field.each for s in same)


def weigh(target: Target, field: Field, known: Known) -> Suggestion:
    """How much speaks for a field being the target: three parts name, two parts values."""
    name = likeness(field.label.replace("[]", ""), target.names)
    name = max(name, 0.97 * likeness(field.label.rsplit(".", 1)[-1], target.names))
    seen = field.values[:VALUES_READ]
    share, steps = evidence.read(target.attribute, seen)
    fit, why = _fit(target, seen, share, known)
    reasons = [f"called {field.label}"] if name > 0.5 else []
    score = 0.6 * name + 0.4 * fit
    if (seen and share < 0.5) or (name < 0.4 and fit <= 1):
        score = 0.0
    if fit > 1:  # it proves itself, whatever it is called
        score = max(score, 0.8)
    return Suggestion(target, field, min(score, 1.0), steps, tuple(reasons + why))


def _fit(
    target: Target, seen: Sequence[Any], share: float, known: Known
) -> tuple[float, list[str]]:
    """How well the values suit the target: 0 not, 1 as its own do, above 1 proven."""
    if not seen:
        return 0.3, []
    attribute, part = target.attribute, target.part or target.path
    if evidence.proven(part, seen) > 0.7:
        return 1.5, ["every check digit is right"]
    if (target.listed, part) == ("tax_ids", "value") and evidence.tax_numbers(seen) > 0.7:
        return 1.5, ["they are VAT numbers"]
    if attribute.kind is Kind.CODE:
        return _words(attribute.vocabulary or "", seen, known)
    overlap = _overlap(known.held.get(target.path, frozenset()), seen)
    if overlap > 0.2:
        return 1.1, [f"{overlap:.0%} of the values are known here"]
    if attribute.kind in (Kind.TEXT, Kind.LIST):
        return _text(target, seen, known)
    if attribute.kind is Kind.REFERENCE:
        return (0.6, []) if evidence.specific(seen) in (None, Kind.DECIMAL) else (0.0, [])
    words = str(attribute.kind)
    return share * _rare(attribute.kind), [f"{share:.0%} of the values read as {words}"]


def _rare(kind: Kind) -> float:
    """How much it says that values can be read so: nearly every number is a decimal."""
    weak = {Kind.DECIMAL: 0.6, Kind.INTEGER: 0.5, Kind.BOOLEAN: 0.7, Kind.MONEY: 0.7}
    return weak.get(kind, 1.0)


def _words(vocabulary: str, seen: Sequence[Any], known: Known) -> tuple[float, list[str]]:
    words = known.words.get(vocabulary, frozenset())
    share = _overlap(words, seen)
    if share > 0.3:
        return 0.6 + 0.5 * share, [f"{share:.0%} of the values are words of {vocabulary}"]
    few = len(set(map(str, seen))) <= max(3, len(seen) // 3)
    return (0.5 if few else 0.2), []


def _overlap(known: frozenset[str], seen: Sequence[Any]) -> float:
    return sum(str(value).strip().casefold() in known for value in seen) / len(seen)


def _text(target: Target, seen: Sequence[Any], known: Known) -> tuple[float, list[str]]:
    """Text can be anything: more specific values speak against it, a like look for it."""
    if evidence.specific(seen) is not None and not known.shapes.get(target.path):
        return 0.15, []
    usual = known.shapes.get(target.path)
    if not usual:
        return 0.5, []
    alike = evidence.resemblance(evidence.shapes(seen), usual)
    return 0.2 + 0.7 * alike, ["the values look like those held"] if alike > 0.6 else []
