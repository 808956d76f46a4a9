"""Outcome policies: what a target's answers mean, when to try again, who owns a failure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sync.outbound.answers import outcomes, retry
from sync.outbound.answers.outcomes import USUAL, Failure, Outcomes, Owner, Unreadable
from sync.outbound.answers.retry import Answer, Expected, Verdict

NOW = datetime(2026, 3, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("policy", "answer", "verdict"),
    [
        ({"permanent": [423]}, Answer(423), Verdict.POISON),
        ({"permanent": [503]}, Answer(503), Verdict.POISON),
        ({"transient": [422]}, Answer(422), Verdict.FAILED),
        ({"transient": [404]}, Answer(404), Verdict.FAILED),
        ({"permanent": ["DUPLICATE_VALUE"]}, Answer(500, body=b"DUPLICATE_VALUE"), Verdict.POISON),
        ({"transient": ["ROW_LOCK"]}, Answer(400, body=b"UNABLE_TO_ROW_LOCK"), Verdict.FAILED),
        ({"permanent": ["GONE"], "transient": [400]}, Answer(400), Verdict.FAILED),
        ({}, Answer(410), Verdict.GONE),
    ],
)
def test_a_policy_names_what_is_permanent_and_what_passes(
    policy: dict[str, Any], answer: Answer, verdict: Verdict
) -> None:
    stored = outcomes.check(policy)
    judged = retry.judge(answer, Expected("id", 1), NOW, outcomes.of(stored))
    assert judged.verdict is verdict


def test_a_policy_has_its_own_schedule() -> None:
    policy = outcomes.of({"delays": [1, 2], "every": 4, "give_up_after": 12})
    assert [policy.pause(n) for n in range(1, 7)] == [1, 2, 4, 4, None, None]
    short = Outcomes(delays=(10, 20, 30), give_up_after=25)
    assert [short.pause(n) for n in (1, 2)] == [10, None]


def test_what_a_policy_leaves_out_is_as_usual() -> None:
    assert outcomes.of({}) is USUAL
    policy = outcomes.of({"owners": {"permanent": "retry"}})
    assert policy.owner(Failure.PERMANENT) is Owner.RETRY
    assert policy.owner(Failure.EXHAUSTED) is Owner.ESCALATE
    assert policy.pause(1) == USUAL.pause(1)


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ([], ""),
        ({"retries": 3}, "/retries"),
        ({"delays": [5, 0]}, "/delays/1"),
        ({"delays": "soon"}, "/delays"),
        ({"every": "1"}, "/every"),
        ({"give_up_after": True}, "/give_up_after"),
        ({"permanent": [200]}, "/permanent/0"),
        ({"transient": ["x"]}, "/transient/0"),
        ({"owners": {"sometimes": "retry"}}, "/owners"),
        ({"owners": {"permanent": "nobody"}}, "/owners/permanent"),
        ({"owners": []}, "/owners"),
        ({"escalate_to": ""}, "/escalate_to"),
    ],
)
def test_a_policy_that_says_nothing_is_refused_with_its_place(given: Any, where: str) -> None:
    with pytest.raises(Unreadable) as refused:
        outcomes.check(given)
    assert refused.value.where == where
