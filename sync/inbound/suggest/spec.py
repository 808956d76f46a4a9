"""What was chosen, written down as a mapping, and read back from one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from canonical.attributes import Kind
from sync.inbound.suggest.targets import Target

Spec = dict[str, Any]
# What may be left out of a record without spoiling it.
_OPTIONAL = frozenset({Kind.PHONE, Kind.EMAIL, Kind.URI})


@dataclass(frozen=True, slots=True)
class Choice:
    """How one target is filled: from an expression and in a way, or always with a constant.

    `each` is the path of the list whose elements the expression reads, for targets in lists.
    """

    expression: str = ""
    steps: tuple[Mapping[str, Any], ...] = ()
    constant: Any = None
    each: str = ""


def spec_of(
    system: str,
    entity: str,
    targets: Sequence[Target],
    choices: Mapping[str, Choice],
    modified_at: Choice | None = None,
) -> Spec:
    """The mapping that does what was chosen; targets without a choice are left out."""
    rules: list[Spec] = []
    groups: dict[tuple[str, str, str], list[Spec]] = defaultdict(list)
    for target in targets:
        choice = choices.get(target.path)
        if choice is None or not (choice.expression or choice.constant is not None):
            continue
        if target.listed:
            groups[target.listed, target.role, choice.each].append(_rule(target, choice))
        else:
            rules.append(_rule(target, choice))
    spec: Spec = {"system": system, "entity": entity, "version": 1, "rules": rules}
    if modified_at is not None:
        steps = [dict(step) for step in modified_at.steps]
        spec["envelope"] = {"modified_at": {"from": modified_at.expression, "transforms": steps}}
    if groups:
        spec["lists"] = _lists(groups)
    return spec


def _rule(target: Target, choice: Choice) -> Spec:
    rule: Spec = {"to": target.part if target.listed else target.path}
    if choice.constant is not None:
        return {**rule, "constant": choice.constant}
    rule |= {"from": choice.expression, "transforms": [dict(step) for step in choice.steps]}
    return {**rule, "optional": True} if target.attribute.kind in _OPTIONAL else rule


def _lists(groups: Mapping[tuple[str, str, str], list[Spec]]) -> dict[str, list[Spec]]:
    """An element of constants alone says nothing, so a group of them is no harm."""
    lists: dict[str, list[Spec]] = defaultdict(list)
    for (listed, role, each), rules in groups.items():
        constant: list[Spec] = [{"to": "role", "constant": role}] if role else []
        lists[listed].append({"each": each or "@", "rules": [*constant, *rules]})
    return dict(lists)


def choices_in(spec: Spec, targets: Sequence[Target]) -> dict[str, Choice]:
    """What a mapping chooses for each target; rules that no target stands for are left out."""
    found: dict[str, Choice] = {}
    plain = {target.path for target in targets if not target.listed}
    for rule in spec.get("rules", ()):
        if rule["to"] in plain:
            found[rule["to"]] = _choice(rule, "")
    listed = {(t.listed, t.role, t.part): t.path for t in targets if t.listed}
    for name, groups in spec.get("lists", {}).items():
        for group in groups:
            role = next((r["constant"] for r in group["rules"] if r.get("to") == "role"
                         and "constant" in r), "")  # fmt: skip
            for rule in group["rules"]:
                if path := listed.get((name, role, rule["to"])):
                    found[path] = _choice(rule, group["each"])
    return found


def _choice(rule: Spec, each: str) -> Choice:
    steps = tuple(rule.get("transforms", ()))
    place = "" if each == "@" else each
    return Choice(rule.get("from", ""), steps, rule.get("constant"), place)
