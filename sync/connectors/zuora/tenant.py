"""One tenant of Zuora over REST, asked what changed by ZOQL.

A refusal comes with status 200 and `success: false`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from canonical import exact_json
from sync.connectors.faults import Turned, said
from sync.connectors.rest import Response, Rest, by_status
from sync.outbound.answers.retry import Verdict
from sync.outbound.content.envelope import Message

#: The last two digits of an error's code say what kind it is.
NOT_FOUND: Final = 40
CLOSED: Final = frozenset({10, 11})  # no permission, no login
#: Spelled wrongly, a field is otherwise left out without a word.
STRICT: Final = {"rejectunknownfields": "true"}
PASSING: Final = frozenset({50, 60, 61, 70})  # locked, trouble inside, too many requests


class Tenant:
    """What is asked of a tenant, whatever the kind of record."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def found(self, path: str) -> dict[str, Any] | None:
        """What is there; None where nothing is."""
        response = self._rest.call("GET", path)
        return None if NOT_FOUND in _kinds(response) else dict(_checked(response).data)

    def make(self, path: str, body: Mapping[str, Any], message: Message) -> dict[str, Any]:
        """Make a record; the key is of the message and its body: another body is another ask."""
        digest = sha256(exact_json.dumps(body).encode()).hexdigest()[:16]
        headers = {**STRICT, "idempotency-key": f"{message.id}-{digest}"}
        return dict(_checked(self._rest.call("POST", path, body, headers=headers)).data)

    def write(self, path: str, body: Mapping[str, Any]) -> None:
        """Change a record."""
        _checked(self._rest.call("PUT", path, body, headers=STRICT))

    def rows(self, query: str) -> Iterator[Mapping[str, Any]]:
        """What a query finds, in no order."""
        path, body = "/v1/action/query", {"queryString": query}
        while True:
            data = _checked(self._rest.call("POST", path, body)).data
            yield from data.get("records") or ()
            if data["done"]:
                return
            path, body = "/v1/action/queryMore", {"queryLocator": data["queryLocator"]}


def _reasons(response: Response) -> list[Mapping[str, Any]]:
    body = response.data if isinstance(response.data, Mapping) else {}
    return list(body.get("reasons") or ()) if body.get("success") is False else []


def _kinds(response: Response) -> set[int]:
    """Of `{success: false, reasons: [{code, message}]}`, whatever the status."""
    codes = (str(reason.get("code") or "")[-2:] for reason in _reasons(response))
    return {int(code) for code in codes if code.isdigit()}


def _checked(response: Response) -> Response:
    """The answer if it is a success; raises Turned with what Zuora said."""
    body = response.data if isinstance(response.data, Mapping) else {}
    if response.ok and body.get("success") is not False:
        return response
    text = "; ".join(f"{r.get('code')}: {r.get('message')}" for r in _reasons(response))
    kinds = _kinds(response)
    if response.status == 429:
        raise Turned(said(response.answer, Verdict.FAILED, text or "answered 429",
                          wait=_wait(response)))  # fmt: skip
    if not kinds:  # no word of Zuora's own; or "no success" without a reason
        told = by_status(response.answer, text or str(body.get("message") or ""))
        raise Turned(said(told, Verdict.FAILED, "no success") if response.ok else told)
    verdict = Verdict.REFUSED if kinds & CLOSED else Verdict.POISON
    if kinds & PASSING or response.status >= 500:
        verdict = Verdict.FAILED
    raise Turned(said(response.answer, verdict, text))


def _wait(response: Response) -> float | None:
    """Seconds until more requests are allowed: `RateLimit-Reset`."""
    text = response.header("ratelimit-reset")
    return float(text) if text.isdigit() else None
