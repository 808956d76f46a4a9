"""Tryton's JSON-RPC: one session a connection, and its errors in the words of retry."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Any, Final

from sync import egress
from sync.connectors.faults import Turned, poison
from sync.connectors.tryton import codec
from sync.outbound.answers.retry import Answer, Verdict

MOST: Final = 16 * 1024 * 1024  # bytes read of one answer
LANGUAGE: Final = "en"  # of error messages
#: What Tryton raises on purpose; any other error is an accident on its side.
USER_ERROR, USER_WARNING = "UserError", "UserWarning"
CONCURRENCY: Final = "ConcurrencyException"


class Meanwhile(Turned):
    """Someone changed the record between our reading and our writing."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are; `key` changes whenever a session may no longer be used."""

    key: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A session: who we are there, its header, and the context every call carries."""

    user: int
    authorization: str
    context: Mapping[str, Any]


_guard = Lock()
_sessions: dict[str, Session] = {}


class Server:
    """One database of a Tryton server; safe to share between threads.

    `url` ends with the database: https://erp.example/tryton.
    """

    def __init__(self, url: str, who: Account, client: egress.Client) -> None:
        self._url, self._who, self._client = f"{url.rstrip('/')}/rpc/", who, client

    @property
    def user(self) -> int:
        """Our own user's id there."""
        return self._session().user

    @property
    def context(self) -> Mapping[str, Any]:
        """What our user's preferences say: company, language, ..."""
        return self._session().context

    def call(self, model: str, method: str, *arguments: Any, **context: Any) -> Any:
        """Call a method of a model with our context and what is given beside it.

        Raises egress.Unreachable, Meanwhile, and Turned: UserError is the content's fault,
        anything else may pass.
        """
        given = [*arguments, {**self.context, **context}]
        return self.raw(f"model.{model}.{method}", *given)

    def raw(self, name: str, *given: Any) -> Any:
        """The same for any method by its whole name, a wizard's too."""
        answer = self._post(name, given, self._session().authorization)
        if answer.status in {401, 403}:  # sessions end after a while
            self.forget()
            answer = self._post(name, given, self._session().authorization)
        return _result(answer)

    def moment(self) -> datetime:
        """The server's clock, in UTC without saying so, as Tryton's own moments are."""
        asked = [True, {}]
        answer = self._post("model.res.user.get_preferences", asked, self._session().authorization)
        said = (answer.headers or {}).get("date", "")
        try:
            return parsedate_to_datetime(said).astimezone(UTC).replace(tzinfo=None)
        except ValueError:
            raise _failed(answer, "the server does not tell its time") from None

    def forget(self) -> None:
        """Log in anew next time."""
        with _guard:
            _sessions.pop(self._who.key, None)

    def _session(self) -> Session:
        with _guard:
            held = _sessions.get(self._who.key)
        if held is None:
            held = self._log_in()
            with _guard:
                _sessions[self._who.key] = held
        return held

    def _log_in(self) -> Session:
        name = self._who.username
        login = [name, {"password": self._who.password}, LANGUAGE]
        told = _result(self._post("common.db.login", login))
        try:
            user, token, *_ = told
        except (TypeError, ValueError):
            raise Turned(Answer(verdict=Verdict.REFUSED, reason="no session came back")) from None
        pair = base64.b64encode(f"{name}:{user}:{token}".encode()).decode()
        header = f"Session {pair}"
        asked = self._post("model.res.user.get_preferences", [True, {}], header)
        return Session(user, header, _result(asked))

    def _post(self, method: str, arguments: Sequence[Any], authorization: str = "") -> Answer:
        body = codec.encode({"id": 1, "method": method, "params": arguments})
        headers = {"content-type": "application/json"}
        if authorization:
            headers["authorization"] = authorization
        started = time.monotonic()
        reply = self._client.request("POST", self._url, body, headers, MOST)
        spent = int((time.monotonic() - started) * 1000)
        return Answer(reply.status, reply.headers, reply.body, milliseconds=spent)


def _result(answer: Answer) -> Any:
    """What the method gave back; Turned where it gave nothing."""
    if answer.status != 200:
        raise Turned(_by_status(answer))
    try:
        told = codec.decode(answer.body)
    except (ValueError, RecursionError):
        raise _failed(answer, "the answer is not Tryton's") from None
    if not isinstance(told, dict) or not {"result", "error"} & told.keys():
        raise _failed(answer, "the answer is not Tryton's")
    if "error" in told:
        raise _error(answer, told["error"])
    return told["result"]


def _by_status(answer: Answer) -> Answer:
    status = answer.status or 0
    verdict = Verdict.REFUSED if status in {401, 403, 404} else Verdict.FAILED
    reason = {401: "the login was refused", 404: "there is no such database"}.get(status)
    return _kept(answer, verdict, reason or f"answered {status}")


def _error(answer: Answer, error: Any) -> Turned:
    """`[class, arguments]` where Tryton meant it, `[text, traceback]` where it broke."""
    kind, detail = (*error, "")[:2] if isinstance(error, list) and error else (str(error), "")
    if kind == CONCURRENCY:
        return Meanwhile(_kept(answer, Verdict.FAILED, "the record was changed meanwhile"))
    if kind in {USER_ERROR, USER_WARNING}:
        return poison(_sentence(detail), _without_body(answer))
    return _failed(answer, f"Tryton failed: {kind}")


def _sentence(detail: Any) -> str:
    """The first line of the message a person there would read."""
    said = detail[0] if isinstance(detail, list) and detail else detail
    return " ".join(str(said).split("\n\n")[0].split())[:240]


def _failed(answer: Answer, reason: str) -> Turned:
    return Turned(_kept(answer, Verdict.FAILED, reason))


def _kept(answer: Answer, verdict: Verdict, reason: str) -> Answer:
    return Answer(
        status=answer.status,
        headers=answer.headers,
        milliseconds=answer.milliseconds,
        verdict=verdict,
        reason=reason[:255],
    )


def _without_body(answer: Answer) -> Answer:
    return Answer(answer.status, answer.headers, milliseconds=answer.milliseconds)
