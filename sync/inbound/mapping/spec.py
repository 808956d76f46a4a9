"""A mapping as data, checked and compiled once.

    {"system": "crm", "entity": "clients", "version": 1,
     "envelope": {"modified_at": {"from": "LastModifiedDate"}},
     "rules": [
       {"to": "legal_name", "from": "Name", "transforms": [{"name": "trim"}]},
       {"to": "credit_limit", "from": "[Limit__c, Currency]", "transforms": [{"name": "money"}]},
       {"to": "recurrence.frequency", "constant": "monthly"},
       {"to": "website", "from": "Website", "optional": true}],
     "lists": {"addresses": [
       {"each": "@", "rules": [
         {"to": "role", "constant": "billing"},
         {"to": "locality", "from": "BillingCity"}]}]}}

`from` and `each` are JMESPath. An `optional` rule that fails leaves its attribute out and warns;
any other makes the record an error. `envelope` fills modified_at (an `iso` datetime needs no
transform), version, same_as and retired.
"""

from __future__ import annotations

import re
from typing import Any

from sync.inbound.mapping.expressions import Expression, ExpressionError, compile_expression
from sync.inbound.mapping.record import Mapping
from sync.inbound.mapping.rules import ElementRules, MappingIssue, Rule
from sync.inbound.transforms import Transform, make

MAX_RULES = 300
MAX_TRANSFORMS = 10
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_ENVELOPE = {
    "modified_at": "datetime",
    "version": "integer",
    "same_as": "trim",
    "retired": "boolean",
}


class MappingError(ValueError):
    """The mapping cannot be used; `issues` lists every fault, with pointers into the mapping."""

    def __init__(self, issues: list[MappingIssue]) -> None:
        super().__init__("; ".join(f"{issue.pointer}: {issue.detail}" for issue in issues))
        self.issues = issues

    @classmethod
    def at(cls, pointer: str, detail: str) -> MappingError:
        """One fault at one place."""
        return cls([MappingIssue(pointer, pointer, "unusable", detail)])


def compile_mapping(spec: Any) -> Mapping:
    """Check and compile a mapping; raises MappingError with all its faults at once."""
    compiler = _Compiler()
    mapping = compiler.mapping(spec)
    if mapping is None or compiler.issues:
        raise MappingError(compiler.issues)
    return mapping


class _Compiler:
    """Walks a mapping and notes every fault instead of stopping at the first."""

    def __init__(self) -> None:
        self.issues: list[MappingIssue] = []
        self._rule_count = 0

    def mapping(self, spec: Any) -> Mapping | None:
        required = {"system", "entity", "version", "rules"}
        if not self._is_object(spec, "", required | {"envelope", "lists"}, required):
            return None
        for key in ("system", "entity"):
            if not isinstance(spec[key], str) or not spec[key]:
                self._fault(f"/{key}", "type", "must be text")
        if not isinstance(spec["version"], int) or isinstance(spec["version"], bool):
            self._fault("/version", "type", "must be a whole number")
        envelope = self._envelope(spec.get("envelope", {}))
        rules = self._rules(spec["rules"], "/rules")
        lists = self._lists(spec.get("lists", {}))
        self._check_distinct(
            [*(rule.target for rule in rules), *((name,) for name, _ in lists)], ""
        )
        return Mapping(spec["system"], spec["entity"], spec["version"], envelope, rules, lists)

    def _envelope(self, spec: Any) -> tuple[Rule, ...]:
        if not self._is_object(spec, "/envelope", set(_ENVELOPE), set()):
            return ()
        rules = [
            self._envelope_rule(name, body) for name, body in spec.items() if name in _ENVELOPE
        ]
        return tuple(rule for rule in rules if rule)

    def _envelope_rule(self, name: str, spec: Any) -> Rule | None:
        pointer = f"/envelope/{name}"
        if isinstance(spec, dict) and "constant" in spec:
            self._fault(f"{pointer}/constant", "constant", "differs from record to record")
            return None
        return self._rule(spec, pointer, (name,), _ENVELOPE[name])

    def _lists(self, spec: Any) -> tuple[tuple[str, tuple[ElementRules, ...]], ...]:
        if not isinstance(spec, dict):
            self._fault("/lists", "type", "must be an object")
            return ()
        return tuple((name, self._groups(name, groups)) for name, groups in spec.items())

    def _groups(self, name: str, spec: Any) -> tuple[ElementRules, ...]:
        pointer = f"/lists/{name}"
        if not _NAME.fullmatch(name):
            self._fault(pointer, "name", f"{name!r} cannot name an attribute")
        if not isinstance(spec, list):
            self._fault(pointer, "type", "must be a list")
            return ()
        groups = [self._group(name, body, f"{pointer}/{index}") for index, body in enumerate(spec)]
        return tuple(group for group in groups if group)

    def _group(self, name: str, spec: Any, pointer: str) -> ElementRules | None:
        if not self._is_object(spec, pointer, {"each", "rules"}, {"each", "rules"}):
            return None
        expression = self._expression(spec["each"], f"{pointer}/each")
        each = Rule(f"{pointer}/each", (name,), expression, None, (), False)
        rules = self._rules(spec["rules"], f"{pointer}/rules")
        self._check_distinct([rule.target for rule in rules], pointer)
        return ElementRules(each, rules)

    def _rules(self, spec: Any, pointer: str) -> tuple[Rule, ...]:
        if not isinstance(spec, list):
            self._fault(pointer, "type", "must be a list of rules")
            return ()
        self._rule_count += len(spec)
        if self._rule_count > MAX_RULES:
            self._fault(pointer, "size", f"brings the mapping to more than {MAX_RULES} rules")
            return ()
        rules = [
            self._attribute_rule(body, f"{pointer}/{index}") for index, body in enumerate(spec)
        ]
        return tuple(rule for rule in rules if rule)

    def _attribute_rule(self, spec: Any, pointer: str) -> Rule | None:
        if not isinstance(spec, dict) or not isinstance(spec.get("to"), str):
            self._fault(f"{pointer}/to", "required", "a rule names the attribute it fills")
            return None
        target = tuple(spec["to"].split("."))
        if len(target) > 4 or not all(map(_NAME.fullmatch, target)):
            self._fault(f"{pointer}/to", "name", f"{spec['to']!r} cannot name an attribute")
        return self._rule({key: spec[key] for key in spec if key != "to"}, pointer, target)

    def _rule(
        self, spec: Any, pointer: str, target: tuple[str, ...], finally_: str = ""
    ) -> Rule | None:
        if not self._is_object(
            spec, pointer, {"from", "constant", "transforms", "optional"}, set()
        ):
            return None
        if ("from" in spec) == ("constant" in spec):
            self._fault(pointer, "required", "needs either from or constant")
            return None
        if "constant" in spec and "transforms" in spec:
            self._fault(f"{pointer}/transforms", "constant", "a constant is written as it is meant")
        if not isinstance(spec.get("optional", False), bool):
            self._fault(f"{pointer}/optional", "type", "must be true or false")
        return Rule(
            label=pointer,
            target=target,
            expression=self._expression(spec["from"], f"{pointer}/from")
            if "from" in spec
            else None,
            constant=spec.get("constant"),
            transforms=self._transforms(
                spec.get("transforms", []), f"{pointer}/transforms", finally_
            ),
            optional=bool(spec.get("optional", False)),
        )

    def _expression(self, text: Any, pointer: str) -> Expression | None:
        if not isinstance(text, str):
            self._fault(pointer, "type", "must be text")
            return None
        try:
            return compile_expression(text)
        except ExpressionError as error:
            self._fault(pointer, "expression", str(error))
            return None

    def _transforms(
        self, spec: Any, pointer: str, finally_: str
    ) -> tuple[tuple[str, Transform], ...]:
        if not isinstance(spec, list) or len(spec) > MAX_TRANSFORMS:
            self._fault(pointer, "type", f"must be a list of at most {MAX_TRANSFORMS} transforms")
            return ()
        steps = [*spec, {"name": finally_}] if finally_ else spec
        made = [self._transform(step, f"{pointer}/{index}") for index, step in enumerate(steps)]
        return tuple(step for step in made if step)

    def _transform(self, spec: Any, pointer: str) -> tuple[str, Transform] | None:
        if not isinstance(spec, dict) or not isinstance(spec.get("name"), str):
            self._fault(pointer, "required", "a transform has a name")
            return None
        parameters = {key: spec[key] for key in spec if key != "name"}
        try:
            return spec["name"], make(spec["name"], parameters)
        except ValueError as error:
            self._fault(pointer, "transform", str(error))
            return None

    def _check_distinct(self, targets: list[tuple[str, ...]], pointer: str) -> None:
        """No attribute is filled twice, or as a whole and in parts."""
        seen: set[tuple[str, ...]] = set()
        for target in sorted(targets):
            if any(target[:length] in seen for length in range(1, len(target) + 1)):
                self._fault(pointer, "twice", f"{'.'.join(target)} is filled by two rules")
            seen.add(target)

    def _is_object(self, spec: Any, pointer: str, allowed: set[str], required: set[str]) -> bool:
        if not isinstance(spec, dict):
            self._fault(pointer, "type", "must be an object")
            return False
        for key in sorted(set(spec) - allowed):
            self._fault(f"{pointer}/{key}", "unknown", f"{key!r} is not known here")
        for key in sorted(required - set(spec)):
            self._fault(f"{pointer}/{key}", "required", "is missing")
        return not required - set(spec)

    def _fault(self, pointer: str, code: str, detail: str) -> None:
        self.issues.append(MappingIssue(pointer, pointer, code, detail))
