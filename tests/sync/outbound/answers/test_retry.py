"""What answers mean, as a table."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sync.outbound.answers import retry
from sync.outbound.answers.retry import Answer, Expected, Verdict

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
EXPECTED = Expected("id-1", record_version=7)
DEMANDING = Expected("id-1", record_version=7, receipts=True)
RECEIPT = b'{"receipt": "id-1"}'


@pytest.mark.parametrize(
    ("answer", "expected", "verdict"),
    [
        (Answer(200), EXPECTED, Verdict.CONFIRMED),
        (Answer(204), EXPECTED, Verdict.CONFIRMED),
        (Answer(200, body=RECEIPT), DEMANDING, Verdict.CONFIRMED),
        (Answer(200), DEMANDING, Verdict.UNVERIFIED),
        (Answer(200, body=b'{"receipt": "id-2"}'), DEMANDING, Verdict.UNVERIFIED),
        (Answer(200, body=b"[" * 100_000), DEMANDING, Verdict.UNVERIFIED),
        (Answer(409, body=b'{"version": 7}'), EXPECTED, Verdict.SUPERSEDED),
        (Answer(412, body=b'{"version": 8}'), EXPECTED, Verdict.SUPERSEDED),
        (Answer(409, body=b'{"version": 6}'), EXPECTED, Verdict.FAILED),
        (Answer(409, body=b'{"version": "9"}'), EXPECTED, Verdict.FAILED),
        *((Answer(status), EXPECTED, Verdict.FAILED)
          for status in (301, 302, 307, 408, 409, 412, 423, 425, 429, 500, 502, 503, 504, 599)),
        *((Answer(status), EXPECTED, Verdict.REFUSED) for status in (401, 402, 403, 404, 405, 407)),
        *((Answer(status), EXPECTED, Verdict.POISON) for status in (400, 406, 413, 415, 418, 422)),
        (Answer(410), EXPECTED, Verdict.GONE),
        (Answer(error="no route"), EXPECTED, Verdict.FAILED),
    ],
)  # fmt: skip
def test_verdict(answer: Answer, expected: Expected, verdict: Verdict) -> None:
    assert retry.judge(answer, expected, NOW).verdict is verdict


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 1),
        ("-5", 1),
        ("999999999", 86_400),
        ("Tue, 31 Mar 2026 12:05:00 GMT", 300),
        ("Tue, 31 Mar 2026 11:00:00 GMT", 1),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("soon", None),
        ("", None),
        ("1e9", None),
        ("9" * 500, None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry.retry_after({"retry-after": text}, NOW) == seconds


def test_only_a_busy_target_is_given_the_time_it_asks_for() -> None:
    headers = {"retry-after": "60"}
    waits = {s: retry.judge(Answer(s, headers), EXPECTED, NOW).wait for s in (429, 503, 500)}
    assert waits == {429: 60, 503: 60, 500: None}


def test_the_schedule_ends_within_72_hours_of_attempts() -> None:
    delays = [retry.pause_after(attempt, 0.5) for attempt in range(1, 15)]
    assert delays[:3] == pytest.approx([5, 30, 120])
    assert delays[-1] is None
    assert 60 * 3600 < sum(filter(None, delays)) <= 72 * 3600


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 4.0), (0.5, 5.0), (1.0, 6.0)])
def test_the_delay_is_spread(chance: float, seconds: float) -> None:
    assert retry.pause_after(1, chance) == pytest.approx(seconds)
