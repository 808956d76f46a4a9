"""Whether the rules of a policy can be read, every fault with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from canonical.attributes import EntitySchema
from canonical.survivorship.policy import Strategy
from canonical.validation import Fault, escape

MOST_TRUST: Final = 100


def faults_in(schema: EntitySchema, rules: Any) -> list[Fault]:
    """Everything that is wrong with a policy in its stored form, with pointers into it."""
    return list(_faults(schema, rules))


def _faults(schema: EntitySchema, rules: Any) -> Iterator[Fault]:
    if not isinstance(rules, Mapping):
        yield Fault("", "wrong_type", "Expected a JSON object.")
        return
    yield from _unknown(rules, ("trust", "attributes"), "")
    yield from _wrong_trust(rules.get("trust", {}), "/trust")
    attributes = rules.get("attributes", {})
    if not isinstance(attributes, Mapping):
        yield Fault("/attributes", "wrong_type", "Expected {attribute: rule}.")
        return
    for name, declared in attributes.items():
        pointer = f"/attributes/{escape(name)}"
        if not _declared(schema, name):
            yield Fault(pointer, "unknown_attribute", f"There is no attribute {name[:80]!a} here.")
        yield from _wrong_rule(declared, pointer)


def _declared(schema: EntitySchema, name: str) -> bool:
    """Whether it names an attribute, or a part of a list's elements."""
    whole, dot, part = name.partition(".")
    attribute = schema.by_name.get(whole)
    if attribute is None:
        return False
    return not dot or part in {each.name for each in attribute.fields}


def _wrong_rule(rule: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(rule, Mapping):
        yield Fault(pointer, "wrong_type", "Expected a JSON object.")
        return
    yield from _unknown(rule, ("strategy", "trust", "asserts_empty"), pointer)
    if rule.get("strategy", Strategy.TRUST) not in list(Strategy):
        known = ", ".join(Strategy)
        yield Fault(f"{pointer}/strategy", "unknown_value", f"Expected one of {known}.")
    yield from _wrong_trust(rule.get("trust", {}), f"{pointer}/trust")
    systems = rule.get("asserts_empty", [])
    if not isinstance(systems, list) or not all(isinstance(each, str) for each in systems):
        detail = "Expected a list of systems' codes."
        yield Fault(f"{pointer}/asserts_empty", "wrong_type", detail)


def _wrong_trust(trust: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(trust, Mapping):
        yield Fault(pointer, "wrong_type", "Expected {system: number}.")
        return
    for system, number in trust.items():
        if type(number) is not int or not 0 <= number <= MOST_TRUST:
            detail = f"Expected a whole number from 0 to {MOST_TRUST}."
            yield Fault(f"{pointer}/{escape(system)}", "out_of_range", detail)


def _unknown(value: Mapping[str, Any], known: tuple[str, ...], pointer: str) -> Iterator[Fault]:
    for name in value:
        if name not in known:
            detail = f"There is no member {name[:80]!a} here."
            yield Fault(f"{pointer}/{escape(name)}", "unknown_member", detail)
