"""Sample payloads taken apart: every place that holds a plain value, with what stands there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.inbound.suggest.names import likeness
from sync.inbound.suggest.values import is_instant

MAX_FIELDS = 300
MAX_DEPTH = 6
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ID_NAMES = (
    "id", "key", "number", "code", "external id", "record id", "uuid", "no", "nr", "nummer",
    "account id", "account number", "customer number", "customer id", "client number",
    "kundennummer", "kunden nr", "kundennr", "numero client", "debitor", "internal id",
)  # fmt: skip
_MODIFIED_NAMES = (
    "modified", "last modified date", "last modified", "modified at", "updated", "updated at",
    "changed on", "changed at", "system modstamp", "last update", "geandert", "geandert am",
    "aenderungsdatum", "modifie le",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One place in the payloads.

    `path` is its JMESPath; of a place inside a list of objects, `each` is the path of the list
    and `path` leads on from an element. `label` is the name a person reads, `samples` the number
    of payloads, `values` what stands there, empty places left out.
    """

    path: str
    label: str
    values: tuple[Any, ...]
    samples: int
    each: str = ""

    @property
    def key(self) -> str:
        """What tells it from every other field."""
        return f"{self.each}[]{self.path}" if self.each else self.path

    @property
    def filled(self) -> float:
        """The share of payloads that say something here."""
        return min(1.0, len(self.values) / self.samples) if self.samples else 0.0

    @property
    def distinct(self) -> float:
        """The share of values that are unlike the others."""
        return len(set(map(str, self.values))) / len(self.values) if self.values else 0.0

    @property
    def example(self) -> str:
        """The first value, cut for showing."""
        text = str(self.values[0]) if self.values else ""
        return text if len(text) <= 40 else f"{text[:39]}…"


def fields_of(payloads: Sequence[Mapping[str, Any]]) -> list[Field]:
    """The fields of all payloads, in the order they first appear; at most MAX_FIELDS."""
    found: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for payload in payloads:
        for place, value in _places(payload, (), "", 0):
            if value not in (None, ""):
                found[place].append(value)
            else:
                found.setdefault(place, [])
    rows = list(found.items())[:MAX_FIELDS]
    return [
        Field(path, label, tuple(values), len(payloads), each)
        for (each, path, label), values in rows
    ]


def _places(
    value: Any, steps: tuple[str, ...], each: str, depth: int
) -> Iterator[tuple[tuple[str, str, str], Any]]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _places(part, (*steps, str(name)), each, depth + 1)
    elif isinstance(value, list) and any(isinstance(part, Mapping) for part in value):
        if not each:  # a list inside a list needs a mapping written by hand
            for part in value:
                yield from _places(part, (), jmespath_of(steps), depth + 1)
    elif steps:
        label = ".".join((*([f"{each}[]"] if each else []), *steps))
        yield (each, jmespath_of(steps), label), value


def jmespath_of(steps: Sequence[str]) -> str:
    """The expression for a path of names, quoted where a name needs it."""
    return ".".join(step if _BARE.fullmatch(step) else _quoted(step) for step in steps) or "@"


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def id_field(fields: Sequence[Field]) -> Field | None:
    """The field that most likely holds the system's own id: always there, and never twice."""
    able = [f for f in fields if not f.each and f.filled == 1 and f.distinct == 1]
    able = [f for f in able if all(isinstance(v, str | int) for v in f.values)]
    able = [f for f in able if all(len(str(v)) <= 64 and " " not in str(v) for v in f.values)]
    ranked = sorted(able, key=lambda f: -likeness(_last(f), _ID_NAMES))
    if ranked and likeness(_last(ranked[0]), _ID_NAMES) > 0.5:
        return ranked[0]
    numbered = [f for f in able if all(any(c.isdigit() for c in str(v)) for v in f.values)]
    return next(iter(numbered), None)


def modified_field(fields: Sequence[Field]) -> Field | None:
    """The field that most likely says when the record was last changed."""
    able = [f for f in fields if not f.each and f.values and all(map(is_instant, f.values))]
    ranked = sorted(able, key=lambda f: -likeness(_last(f), _MODIFIED_NAMES))
    return ranked[0] if ranked and likeness(_last(ranked[0]), _MODIFIED_NAMES) > 0.6 else None


def _last(field: Field) -> str:
    return field.label.rsplit(".", 1)[-1]
