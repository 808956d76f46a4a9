"""What HubSpot's answers mean: whole requests, and single inputs of a batch (207). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from canonical import exact_json
from sync.connectors.faults import said
from sync.connectors.rest import Response, by_status
from sync.outbound.answers.outcomes import HOUR
from sync.outbound.answers.retry import Answer, Verdict

CLOSED: Final = frozenset({"MISSING_SCOPES", "INVALID_AUTHENTICATION", "BANNED"})
PASSING: Final = frozenset({"RATE_LIMITS", "RATE_LIMIT", "TIMEOUT", "INTERNAL_ERROR"})
NOT_FOUND: Final = "OBJECT_NOT_FOUND"
#: How long a spent limit lasts: the one of ten seconds, and the one of a day.
WAITS: Final = {"TEN_SECONDLY_ROLLING": 10.0, "SECONDLY": 1.0, "DAILY": float(HOUR)}

Error = Mapping[str, Any]


def whole(response: Response) -> Answer:
    """What a request that failed as a whole means for everything in it."""
    error = response.data if isinstance(response.data, Mapping) else {}
    if response.status == 429:
        wait = WAITS.get(str(error.get("policyName")))
        return said(response.answer, Verdict.FAILED, _text(error) or "answered 429", wait=wait)
    return judged(response.answer, error) if error else by_status(response.answer)


def judged(answer: Answer, error: Error) -> Answer:
    """The verdict on one error, in the answer's words."""
    kind, text = str(error.get("category")), _text(error)
    codes = {str(detail.get("code")) for detail in error.get("errors") or ()}
    if kind in PASSING or (answer.status or 0) >= 500:
        return said(answer, Verdict.FAILED, text)
    if kind in CLOSED or "PROPERTY_DOESNT_EXIST" in codes or answer.status in (401, 403):
        return said(answer, Verdict.REFUSED, text)
    return said(answer, Verdict.POISON, text)


def of_one(response: Response, error: Error) -> Answer:
    """What an error of a batch means for the input it names; the others are not its evidence."""
    body = exact_json.dumps(error).encode()
    return judged(Answer(response.status, response.answer.headers, body), error)


def blamed(error: Error) -> Iterator[str]:
    """What an error of a batch names: the ids and the traces of its inputs."""
    context = error.get("context") or {}
    for names in context.values():
        yield from (str(name) for name in (names if isinstance(names, list) else [names]))


def _text(error: Error) -> str:
    details = "; ".join(str(detail.get("message")) for detail in (error.get("errors") or ())[:3])
    text = f"{error.get('category') or error.get('errorType') or ''}: {error.get('message')}"
    return f"{text} ({details})" if details else text
