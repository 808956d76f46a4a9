"""What NetSuite's errors mean.

`{type, title, status, "o:errorDetails": [{detail, "o:errorCode", "o:errorPath"}]}`. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sync.connectors.faults import said
from sync.connectors.rest import Response, by_status
from sync.outbound.answers.retry import Answer, Verdict

PASSING: Final = frozenset({
    "CONCURRENCY_LIMIT_EXCEEDED", "REQUEST_LIMIT_EXCEEDED", "UNEXPECTED_ERROR",
    "RCRD_HAS_BEEN_CHANGED", "SERVICE_UNAVAILABLE", "THREADS_LIMIT_EXCEEDED",
})  # fmt: skip
CLOSED: Final = frozenset({"INVALID_LOGIN", "INVALID_LOGIN_ATTEMPT", "INSUFFICIENT_PERMISSION"})


def meaning(response: Response) -> Answer:
    """The verdict on an answer that is no success, in NetSuite's own words."""
    body = response.data if isinstance(response.data, Mapping) else {}
    details = body.get("o:errorDetails") or ()
    first: Mapping[str, Any] = next((d for d in details if isinstance(d, Mapping)), {})
    code, path = str(first.get("o:errorCode") or ""), first.get("o:errorPath")
    text = f"{code}: {first.get('detail')}" + (f" ({path})" if path else "")
    if not first:
        return by_status(response.answer)
    if code in PASSING:
        return said(response.answer, Verdict.FAILED, text)
    if code in CLOSED:
        return said(response.answer, Verdict.REFUSED, text)
    if response.status == 404:  # a record that is referred to, or the one asked for
        return said(response.answer, Verdict.POISON, text)
    return by_status(response.answer, text)
