"""Correlation: which request or job something happened for, from the first log line to targets.

Every request takes or mints an `X-Correlation-ID` and a W3C `traceparent`; both are returned,
logged, stored with the changes they cause and sent on.
"""

from __future__ import annotations

import re
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import structlog
from django.http import HttpRequest, HttpResponseBase

log = structlog.get_logger(__name__)

# Anything else could forge a log line or break a header of a target.
_CORRELATION_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def mint_correlation_id() -> str:
    """A new correlation id."""
    return str(uuid.uuid4())


def mint_traceparent() -> str:
    """A new W3C trace context, version 00, sampled."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


@dataclass(frozen=True, slots=True)
class Context:
    """The two names of one piece of work."""

    correlation_id: str = field(default_factory=mint_correlation_id)
    traceparent: str = field(default_factory=mint_traceparent)

    @classmethod
    def of_headers(cls, headers: Mapping[str, str]) -> Context:
        """What the caller sent where it is well formed, newly minted where it is not."""
        correlation_id = headers.get("X-Correlation-ID", "")
        traceparent = headers.get("traceparent", "")
        return cls(
            correlation_id if _CORRELATION_ID.fullmatch(correlation_id) else mint_correlation_id(),
            traceparent if _TRACEPARENT.fullmatch(traceparent) else mint_traceparent(),
        )


_current: ContextVar[Context | None] = ContextVar("assay_context", default=None)


def current() -> Context:
    """The context of this request or job; outside of both, one is minted and stays."""
    context = _current.get()
    if context is None:
        context = Context()
        _current.set(context)
    return context


def correlation_id() -> str:
    """The correlation id of what is being done now."""
    return current().correlation_id


def traceparent() -> str:
    """The trace context of what is being done now."""
    return current().traceparent


@contextmanager
def bound(context: Context) -> Iterator[Context]:
    """Work inside the block, log lines included, belongs to `context`."""
    token = _current.set(context)
    try:
        with structlog.contextvars.bound_contextvars(correlation_id=context.correlation_id):
            yield context
    finally:
        _current.reset(token)


class CorrelationMiddleware:
    """Binds each request to its context, returns the two headers and logs one line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with bound(Context.of_headers(request.headers)) as context:
            started = time.perf_counter()
            response = self.get_response(request)
            response["X-Correlation-ID"] = context.correlation_id
            response["traceparent"] = context.traceparent
            # The path alone: a query may carry names, and never the headers.
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
            )
        return response
