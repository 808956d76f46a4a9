"""What Salesforce's answers mean: whole requests, and single records in a collection. Pure.

An error is `[{message, errorCode, fields}]`, of a record in a collection `{statusCode, message,
fields}`; 300 means that several records carry the same external id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from canonical import exact_json
from sync.connectors.faults import said
from sync.connectors.rest import Response, by_status
from sync.outbound.answers.outcomes import HOUR
from sync.outbound.answers.retry import Answer, Verdict

PASSING: Final = frozenset({
    "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT", "REQUEST_RUNNING_TOO_LONG",
    "TXN_SECURITY_METERING_ERROR", "UNKNOWN_EXCEPTION", "REQUEST_LIMIT_EXCEEDED",
    "STORAGE_LIMIT_EXCEEDED", "MAXIMUM_SIZE_OF_ATTACHMENT", "ALL_OR_NONE_OPERATION_ROLLED_BACK",
})  # fmt: skip
CLOSED: Final = frozenset({
    "INVALID_SESSION_ID", "INVALID_AUTH_HEADER", "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED",
    "INSUFFICIENT_ACCESS", "INVALID_TYPE", "NOT_FOUND", "FUNCTIONALITY_NOT_ENABLED",
})  # fmt: skip
#: The id is not there any more; a foreign id in a field answers the same, with that field named.
GONE: Final = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"})
SEVERAL: Final = "DUPLICATE_EXTERNAL_ID"
#: The limit counts the last 24 hours: an hour later some of it is free again.
SPENT: Final = "REQUEST_LIMIT_EXCEEDED"
SPENT_WAIT: Final = float(HOUR)


def whole(response: Response) -> Answer:
    """What a request that failed as a whole means for everything in it."""
    errors = response.data if isinstance(response.data, list) else []
    if response.status == 300:
        matches = ", ".join(str(match).rpartition("/")[2] for match in errors[:5])
        return said(response.answer, Verdict.POISON, f"several records have this key: {matches}")
    first = next((error for error in errors if isinstance(error, Mapping)), {})
    if not first:
        return by_status(response.answer)
    return judged(response.answer, str(first.get("errorCode")), _text(first))


def one(response: Response, result: Mapping[str, Any]) -> Answer:
    """What the result for one record of a collection means; the others are not its evidence."""
    answer = replace(response.answer, body=exact_json.dumps(result).encode())
    if result.get("success"):
        return said(answer, Verdict.CONFIRMED, "", str(result.get("id") or ""))
    first: Mapping[str, Any] = next(iter(result.get("errors") or ()), {})
    return judged(answer, str(first.get("statusCode")), _text(first))


def judged(answer: Answer, code: str, text: str) -> Answer:
    """The verdict on an error code."""
    if code in PASSING:
        return said(answer, Verdict.FAILED, text, wait=SPENT_WAIT if code == SPENT else None)
    if code in CLOSED or code.startswith("INSUFFICIENT_ACCESS"):
        return said(answer, Verdict.REFUSED, text)
    return said(answer, Verdict.POISON, text)


def is_gone(result: Mapping[str, Any]) -> bool:
    """Whether the record that was to be written is not there, rather than one it refers to."""
    errors: Sequence[Mapping[str, Any]] = result.get("errors") or ()
    return any(e.get("statusCode") in GONE and not e.get("fields") for e in errors)


def _text(error: Mapping[str, Any]) -> str:
    code = error.get("errorCode") or error.get("statusCode")
    fields = ", ".join(map(str, error.get("fields") or ()))
    return f"{code}: {error.get('message')}" + (f" ({fields})" if fields else "")
