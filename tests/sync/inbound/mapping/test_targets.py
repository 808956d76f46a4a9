"""A mapping is checked against the entity it is for."""

from __future__ import annotations

from typing import Any

from canonical.entities import schema_of
from sync.inbound.mapping import compile_mapping
from sync.inbound.mapping.targets import check_targets


def pointers(rules: list[dict[str, Any]], lists: dict[str, Any]) -> dict[str, str]:
    mapping = compile_mapping(
        {"system": "crm", "entity": "client", "version": 1, "rules": rules, "lists": lists}
    )
    issues = check_targets(mapping, schema_of("client"))
    return {issue.pointer: issue.detail for issue in issues}


def rule(to: str) -> dict[str, Any]:
    return {"to": to, "constant": "x"}


def test_attributes_parts_and_elements_that_exist_pass() -> None:
    lists = {"addresses": [{"each": "@", "rules": [rule("country"), rule("lines")]}]}
    assert pointers([rule("legal_name"), rule("payment_terms.code")], lists) == {}


def test_what_is_not_declared_is_named() -> None:
    lists = {
        "addresses": [{"each": "@", "rules": [rule("planet")]}],
        "parent": [{"each": "@", "rules": []}],
        "friends": [{"each": "@", "rules": []}],
    }
    assert pointers([rule("name"), rule("lei.code"), rule("payment_terms.due")], lists) == {
        "/rules/0/to": "there is no attribute 'name' here",
        "/rules/1/to": "lei has no parts",
        "/rules/2/to": "there is no attribute 'due' here",
        "/lists/addresses/0/rules/0/to": "there is no attribute 'planet' here",
        "/lists/parent": "parent is not a list of objects",
        "/lists/friends": "friends is not a list of objects",
    }
