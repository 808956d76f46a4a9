"""One rule: where a value comes from, what happens to it, and where it goes."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from sync.inbound.mapping.expressions import Evaluator, Expression, ExpressionError
from sync.inbound.transforms import Transform

MAX_ELEMENTS = 2000


@dataclass(frozen=True)
class MappingIssue:
    """What is wrong where.

    `pointer` leads into the record when it was found on applying, into the mapping when it was
    found on compiling; `rule` always leads into the mapping.
    """

    pointer: str
    rule: str
    code: str
    detail: str


class RuleFailure(Exception):
    """A rule found a value it cannot use; the issue says which and why."""

    def __init__(self, issue: MappingIssue) -> None:
        super().__init__(issue.detail)
        self.issue = issue


def says_nothing(value: Any) -> bool:
    """Absent, null, "", [] and {} all mean that the source says nothing."""
    return value is None or value == "" or value == [] or value == {}


@dataclass(frozen=True)
class Rule:
    """Takes one value from a context: an expression's result, or a constant, then transforms."""

    label: str
    target: tuple[str, ...]
    expression: Expression | None
    constant: Any
    transforms: tuple[tuple[str, Transform], ...]
    optional: bool

    def value(self, context: Any, evaluator: Evaluator, pointer: str) -> Any:
        """The value, or None; raises RuleFailure with the place and the reason."""
        if self.expression is None:
            return deepcopy(self.constant)
        try:
            value = self.expression.search(context, evaluator)
        except ExpressionError as error:
            detail = f"{self.expression.text!r} {error}"
            raise RuleFailure(MappingIssue(pointer, self.label, "expression", detail)) from error
        return self._transformed(value, pointer)

    def _transformed(self, value: Any, pointer: str) -> Any:
        for name, transform in self.transforms:
            if says_nothing(value):
                return None
            try:
                value = transform(value)
            except (ValueError, RecursionError) as error:
                issue = MappingIssue(pointer, self.label, name, str(error) or "is nested too deep")
                raise RuleFailure(issue) from error
        return None if says_nothing(value) else value


class Collector:
    """Gathers the values of one record: issues that spoil it apart from those that do not."""

    def __init__(self) -> None:
        self.evaluator = Evaluator()
        self.errors: list[MappingIssue] = []
        self.warnings: list[MappingIssue] = []

    def value(self, rule: Rule, context: Any, pointer: str) -> Any:
        """What the rule finds; a failure is noted and leaves None."""
        try:
            return rule.value(context, self.evaluator, pointer)
        except RuleFailure as failure:
            (self.warnings if rule.optional else self.errors).append(failure.issue)
            return None

    def values(
        self, rules: tuple[Rule, ...], context: Any, base: str
    ) -> tuple[dict[str, Any], bool]:
        """The values of all rules, and whether one came from the context rather than a constant."""
        values: dict[str, Any] = {}
        found = False
        for rule in rules:
            value = self.value(rule, context, f"{base}/{'/'.join(rule.target)}")
            if not says_nothing(value):
                found = found or rule.expression is not None
                _place(values, rule.target, value)
        return values, found


def _place(values: dict[str, Any], target: tuple[str, ...], value: Any) -> None:
    *parents, last = target
    for parent in parents:
        values = values.setdefault(parent, {})
    values[last] = value


@dataclass(frozen=True)
class ElementRules:
    """One way elements of a list come about: each thing `each` finds, mapped by its own rules.

    Flat columns make one element with `each: "@"`. An element of constants alone says nothing.
    """

    each: Rule
    rules: tuple[Rule, ...]

    def elements(self, payload: Any, collector: Collector, start: int) -> Iterator[dict[str, Any]]:
        """Yield the elements; `start` is the index of the first, for the pointers of issues."""
        pointer = f"/{self.each.target[0]}"
        found = collector.value(self.each, payload, pointer)
        contexts = found if isinstance(found, list) else [] if found is None else [found]
        if len(contexts) > MAX_ELEMENTS:
            detail = f"has {len(contexts)} elements, more than {MAX_ELEMENTS}"
            collector.errors.append(MappingIssue(pointer, self.each.label, "elements", detail))
            return
        for context in contexts:
            values, says_something = collector.values(self.rules, context, f"{pointer}/{start}")
            if says_something:
                start += 1
                yield values
