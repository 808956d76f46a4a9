"""What a rule says: an issue with its place, and how heavily it counts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from canonical.attributes import EntitySchema

Content = Mapping[str, Any]


class Dimension(StrEnum):
    """Whether something is missing, wrong by itself, or at odds with something else."""

    COMPLETENESS = "completeness"
    VALIDITY = "validity"
    CONSISTENCY = "consistency"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong: `path` is where, as in an override; `rule` names the rule."""

    rule: str
    dimension: Dimension
    path: str
    sentence: str


Rule = Callable[[EntitySchema, Content], Iterable[Issue]]


def missing(path: str, sentence: str = "", rule: str = "mandatory") -> Issue:
    """Something that a complete record has."""
    return Issue(rule, Dimension.COMPLETENESS, path, sentence or "It is mandatory and missing.")


def invalid(rule: str, path: str, sentence: str) -> Issue:
    """Something that is wrong by itself."""
    return Issue(rule, Dimension.VALIDITY, path, sentence)


def inconsistent(rule: str, path: str, sentence: str) -> Issue:
    """Something that is at odds with something else."""
    return Issue(rule, Dimension.CONSISTENCY, path, sentence)


def elements(content: Content, name: str) -> Iterator[tuple[int, Content]]:
    """The objects of a list with their places."""
    for place, element in enumerate(content.get(name) or ()):
        if isinstance(element, Mapping):
            yield place, element
