"""Errors as RFC 9457 problems: every kind has a stable code and a page that explains it.

A view or use case raises `Problem("code", detail)`; `handler.py` turns it into an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from canonical import context
from canonical.validation import Fault

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem, the same for ever: its page, and what the caller should do."""

    code: str
    status: int
    title: str
    advice: str


KINDS: Final = {
    kind.code: kind
    for kind in (
        Kind("malformed-json", 400, "The body is not strict JSON",
             "Send UTF-8 JSON without duplicate keys, NaN, Infinity, NUL or lone surrogates. "
             "`errors` names the place."),
        Kind("invalid-request", 400, "The request is not valid",
             "Correct what `errors` names; each entry has a JSON pointer into the body, or the "
             "name of a parameter or header."),
        Kind("unauthenticated", 401, "No valid credential",
             "Get a token at `/oauth/token/` and send it as `Authorization: Bearer <token>`."),
        Kind("insufficient-scope", 403, "The credential may not do this",
             "Ask the hub's administrator for the scope that `detail` names."),
        Kind("forbidden", 403, "Not allowed",
             "The request was understood and refused; sending it again will not help."),
        Kind("not-found", 404, "There is nothing here",
             "Check the address. What belongs to another system is not found either."),
        Kind("method-not-allowed", 405, "This address does not know the method",
             "Use one of the methods in the `Allow` header."),
        Kind("not-acceptable", 406, "No representation fits the Accept header",
             "Accept `application/json`."),
        Kind("request-in-progress", 409, "The same request is still being answered",
             "Wait as `Retry-After` says and send it again with the same Idempotency-Key."),
        Kind("state-conflict", 409, "The state does not allow this",
             "Read the record again: someone has already done or undone what was asked."),
        Kind("gone", 410, "No longer kept",
             "The cursor lies before what the feed keeps, or before a restore. Start again from "
             "a snapshot."),
        Kind("precondition-failed", 412, "The record has another version by now",
             "Read it again and send its ETag as If-Match."),
        Kind("payload-too-large", 413, "The body is too large",
             "Send at most 1 MB, or 10 MB to a batch address or as an upload."),
        Kind("unsupported-media-type", 415, "The body has an unknown media type",
             "Send `application/json`, uncompressed; batch addresses also take "
             "`application/x-ndjson`, uploads the file as `text/csv` or "
             "`application/octet-stream`."),
        Kind("idempotency-key-reused", 422, "This key belongs to another request",
             "Use a new Idempotency-Key for a new request."),
        Kind("unprocessable", 422, "Understood, but impossible",
             "`detail` says what stands in the way."),
        Kind("precondition-required", 428, "If-Match is required",
             "Send the ETag of the version that you have read as If-Match."),
        Kind("rate-limited", 429, "Too many requests",
             "Wait as `Retry-After` says; `RateLimit` tells what is left."),
        Kind("internal-error", 500, "The hub failed",
             "Nothing was written. Tell the hub's operator the correlation id."),
        Kind("unavailable", 503, "The hub cannot answer now",
             "Nothing was written, or the answer was lost: send it again as `Retry-After` says, "
             "with the same Idempotency-Key."),
    )
}  # fmt: skip

#: The kind that a bare HTTP status stands for.
BY_STATUS: Final = {
    400: "invalid-request", 401: "unauthenticated", 403: "forbidden", 404: "not-found",
    405: "method-not-allowed", 406: "not-acceptable", 409: "state-conflict", 410: "gone",
    412: "precondition-failed", 413: "payload-too-large", 415: "unsupported-media-type",
    422: "unprocessable", 428: "precondition-required", 429: "rate-limited",
    500: "internal-error", 503: "unavailable",
}  # fmt: skip


class Problem(Exception):
    """Ends a request with one kind of problem; `extra` adds members, `headers` HTTP headers."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind = KINDS[code]
        super().__init__(detail or self.kind.title)
        self.detail = detail or self.kind.advice
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


def invalid(pointer: str, code: str, detail: str) -> Problem:
    """A request refused for one reason at one place."""
    return Problem("invalid-request", detail, errors=[Fault(pointer, code, detail)])


def of_status(status: int, detail: str = "") -> Problem:
    """The problem that a bare HTTP status stands for."""
    nearest = 500 if status >= 500 else 400
    return Problem(BY_STATUS.get(status) or BY_STATUS[nearest], detail)


def body(problem: Problem, instance: str, base: str = "") -> dict[str, Any]:
    """The members of the answer; `base` is scheme and host, so that `type` is absolute."""
    kind = problem.kind
    return {
        "type": f"{base}/problems/{kind.code}/",
        "title": kind.title,
        "status": kind.status,
        "code": kind.code,
        "detail": problem.detail,
        "instance": instance,
        "correlation_id": context.correlation_id(),
        "errors": [asdict(error) for error in problem.errors],
        **problem.extra,
    }
