"""REST with JSON bodies: one request and its answer, logged in, numbers exact."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from canonical import exact_json
from sync import egress
from sync.connectors.faults import Turned, said
from sync.connectors.login import Login
from sync.outbound.answers.retry import REFUSALS, TRANSIENT, Answer, Verdict

MOST: Final = 16 * 1024 * 1024  # bytes read of one answer: a page of records
KEPT: Final = egress.MAX_ANSWER  # bytes of it that an attempt's evidence may hold
JSON: Final = {"accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with its body read as JSON; `data` is None where there is none.

    `answer` is the same as delivery takes it.
    """

    answer: Answer
    data: Any = None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.answer.status or 0

    @property
    def ok(self) -> bool:
        """Whether the status says it was done."""
        return 200 <= self.status < 300

    def header(self, name: str) -> str:
        """A header by its lower-case name, or nothing."""
        return (self.answer.headers or {}).get(name, "")


class Rest:
    """A system's JSON interface below one address; safe to share between threads."""

    def __init__(
        self,
        url: str,
        login: Login,
        client: egress.Client,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._base, self._login, self._client = url.rstrip("/"), login, client
        self._headers = JSON | dict(headers or {})

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Ask once, and once more with a fresh token where a 401 may mean an old one.

        `path` begins with a slash and is escaped already (see `segment`), or is a whole address
        below the same host. Whatever status comes is an answer; raises egress.Unreachable,
        egress.Refused, and Turned where the login is refused.
        """
        response = self._once(method, path, body, query, headers)
        if response.status == 401 and self._login.renewable:
            self._login.forget()
            response = self._once(method, path, body, query, headers)
        return response

    def done(self, method: str, path: str, body: Any = None, **given: Any) -> Response:
        """The same, but an answer that is no success raises Turned."""
        response = self.call(method, path, body, **given)
        if not response.ok:
            raise Turned(by_status(response.answer))
        return response

    def address(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """The whole address of a path; one that leads to another host is refused."""
        if path.startswith(("https://", "http://")):
            if not path.startswith(f"{_origin(self._base)}/"):
                raise egress.Refused("a link in an answer leads to another host")
            url = path
        else:
            url = f"{self._base}{path}"
        if not query:
            return url
        return f"{url}{'&' if '?' in url else '?'}{urlencode(query, quote_via=quote)}"

    def _once(
        self,
        method: str,
        path: str,
        body: Any,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> Response:
        url = self.address(path, query)
        sent = {**self._headers, **self._login.headers(), **(headers or {})}
        content = b""
        if body is not None:
            content = body if isinstance(body, bytes) else exact_json.dumps(body).encode()
            sent.setdefault("content-type", "application/json")
        started = time.monotonic()
        reply = self._client.request(method, url, content, sent, MOST)
        spent = int((time.monotonic() - started) * 1000)
        answer = Answer(reply.status, reply.headers, reply.body[:KEPT], milliseconds=spent)
        return Response(answer, _json(reply.body))


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _json(body: bytes) -> Any:
    try:
        return exact_json.loads(body.decode()) if body else None
    except (ValueError, RecursionError):
        return None


def segment(text: str) -> str:
    """A value as one segment of a path."""
    return quote(text, safe="")


def by_status(answer: Answer, reason: str = "") -> Answer:
    """What a status means where a system follows the book; a reason in its words, if it has some.

    An answer that is no success but looks like none of the refusals is the content's fault.
    """
    status = answer.status or 0
    text = f"answered {status}" + (f": {reason}" if reason else "")
    if 200 <= status < 300:
        return said(answer, Verdict.CONFIRMED, text)
    if status >= 500 or status in TRANSIENT or not status:
        return said(answer, Verdict.FAILED, answer.error or text)
    if status in REFUSALS:
        return said(answer, Verdict.REFUSED, text)
    return said(answer, Verdict.POISON, text)
