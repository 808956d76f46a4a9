"""Correlation: taken, minted, returned, logged."""

from __future__ import annotations

import re

import pytest
import structlog
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from canonical import context
from canonical.context import Context, CorrelationMiddleware

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def seen(headers: dict[str, str]) -> tuple[Context, HttpResponse]:
    inside: list[Context] = []

    def view(request: HttpRequest) -> HttpResponse:
        inside.append(context.current())
        return HttpResponse()

    response = CorrelationMiddleware(view)(RequestFactory().get("/", headers=headers))
    assert isinstance(response, HttpResponse)
    return inside[0], response


def test_it_takes_what_the_caller_sent_and_returns_it() -> None:
    inside, response = seen({"X-Correlation-ID": "order-7", "traceparent": TRACEPARENT})
    assert inside == Context("order-7", TRACEPARENT)
    assert (response["X-Correlation-ID"], response["traceparent"]) == ("order-7", TRACEPARENT)


@pytest.mark.parametrize("forged", ["", "a" * 65, "a b", "a\nINFO fake", "<script>", "é"])
def test_a_malformed_correlation_id_is_replaced(forged: str) -> None:
    minted = Context.of_headers({"X-Correlation-ID": forged}).correlation_id
    assert re.fullmatch(r"[0-9a-f-]{36}", minted)


@pytest.mark.parametrize(
    "forged", ["", "00-zz-00f067aa0ba902b7-01", TRACEPARENT.replace("4bf92f3577b34da6", "0" * 16)
               .replace("a3ce929d0e0e4736", "0" * 16), TRACEPARENT + "-x", TRACEPARENT.upper()]
)  # fmt: skip
def test_a_malformed_trace_is_replaced(forged: str) -> None:
    minted = Context.of_headers({"traceparent": forged}).traceparent
    assert minted != forged
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", minted)


def test_a_job_keeps_the_context_it_was_given() -> None:
    with context.bound(Context("job-1", TRACEPARENT)):
        assert (context.correlation_id(), context.traceparent()) == ("job-1", TRACEPARENT)
    assert context.correlation_id() != "job-1"


def test_log_lines_carry_it_and_no_query() -> None:
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        CorrelationMiddleware(lambda request: HttpResponse())(
            RequestFactory().get("/x?name=Erika", headers={"X-Correlation-ID": "c-1"})
        )
    assert [line["correlation_id"] for line in lines] == ["c-1"]
    assert "Erika" not in str(lines)
