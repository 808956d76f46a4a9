"""JMESPath within limits: what is refused when compiled, what is stopped when it runs."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from sync.inbound.mapping.expressions import (
    MAX_RESULT,
    Evaluator,
    ExpressionError,
    compile_expression,
)


def search(text: str, payload: Any) -> Any:
    return compile_expression(text).search(payload, Evaluator())


@pytest.mark.parametrize(
    ("text", "payload", "expected"),
    [
        ("Name", {"Name": "Acme"}, "Acme"),
        ("Name", {}, None),
        ("Account.Name", {"Account": {"Name": "Acme"}}, "Acme"),
        ("Account.Name", {"Account": "Acme"}, None),
        ("a || b", {"a": "", "b": 2}, 2),
        ("phones[?kind=='work'].number | [0]", {"phones": [{"kind": "work", "number": "1"}]}, "1"),
        ("[Amount, Currency]", {"Amount": Decimal("1.10")}, [Decimal("1.10"), None]),
        ("join('-', @)", ["a", "b"], "a-b"),
        ("names[].first", {"names": [[{"first": "A"}], [{"first": "B"}]]}, ["A", "B"]),
    ],
)
def test_expressions_find_values(text: str, payload: Any, expected: Any) -> None:
    assert search(text, payload) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a" * 2049, "longer than 2048 bytes"),
        ("(" * 1000 + "a" + ")" * 1000, "deeper than 32"),
        ("!" * 40 + "a", "deeper than 32"),
        ("[" + ",".join("abc") + "," + ",".join("a" * 200) + "]", "more than 200 nodes"),
        ("a[", "is not JMESPath"),
        ("", "is not JMESPath"),
        ("a ==== b", "is not JMESPath"),
        ("to_number(a)", "uses to_number()"),
        ("items[].sum(a)", "uses sum()"),
    ],
)
def test_what_is_too_much_is_refused_when_compiled(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(reason)):
        compile_expression(text)


WORDS: list[Any] = ["x" * 50] * 300


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        (" | ".join(["[@,@]"] * 30), WORDS),
        (" | ".join(["[@,@][]"] * 16), WORDS),
        (f"({' | '.join(['[@,@]'] * 20)}) == ({' | '.join(['[@,@]'] * 20)})", WORDS),
        (" | ".join(["join('',[@,@])"] * 25), "x" * 50),
        (" | ".join(["map(&[@,@], @)"] * 20), WORDS),
        ("[][][]", [[[WORDS] * 60] * 60]),
    ],
)
def test_what_multiplies_is_stopped(text: str, payload: Any) -> None:
    with pytest.raises(ExpressionError, match=r"builds more|more work|gives more"):
        search(text, payload)


def test_a_result_larger_than_the_limit_is_refused() -> None:
    assert search("a", {"a": "x" * (MAX_RESULT // 8)}) == "x" * (MAX_RESULT // 8)
    with pytest.raises(ExpressionError, match="gives more than 256 KB"):
        search("a", {"a": "x" * MAX_RESULT})
    with pytest.raises(ExpressionError, match="gives more than 256 KB"):
        search("a", {"a": [["y" * 1000] * 10] * 100})


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("a < b", {"a": 1, "b": "x"}),
        ("sort(a)", {"a": [1, "x"]}),
        ("length(a)", {"a": 3}),
        ("not_null(&a)", {}),
        ("max_by(a, &b)", {"a": [{"b": 1}, {"b": "x"}]}),
        ("a[::0]", {"a": [1]}),
    ],
)
def test_a_payload_of_another_shape_gives_an_error_not_a_crash(text: str, payload: Any) -> None:
    with pytest.raises(ExpressionError, match=r"does not fit this payload|not a value"):
        search(text, payload)


def test_an_error_does_not_quote_the_payload() -> None:
    with pytest.raises(ExpressionError) as refused:
        search("join(',', accounts)", {"accounts": ["DE89370400440532013000", 7]})
    assert str(refused.value) == "does not fit this payload: join()"
