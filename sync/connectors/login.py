"""Logging in to a system: the headers that prove who we are, tokens kept while they last.

OAuth 2.0 client credentials (RFC 6749, 4.4) with a secret or a signed statement (RFC 7523, 2.2),
basic, or a key in a header. A token lives in this process alone.
"""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass
from threading import Lock
from typing import Final, cast
from urllib.parse import urlencode

from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT

from canonical import exact_json
from sync import egress
from sync.connectors.faults import Turned
from sync.models.connections import Connection, LoginKind
from sync.outbound.answers.retry import Answer, Verdict

#: Seconds before its end at which a token counts as old, and how long one without an end lasts.
EARLY: Final = 30
UNSAID: Final = 15 * 60
#: How a signed statement is announced, and the seconds it may be used.
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LASTS: Final = 300
FORM: Final = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, when it ends (monotonic seconds), and where the login says to go."""

    value: str
    until: float
    instance: str = ""


_guard = Lock()
_tokens: dict[str, Token] = {}


class Login:
    """The login of one connection; safe to share between threads."""

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        self._kind = LoginKind(connection.login_kind)
        self._public, self._secret = dict(connection.login), connection.secret
        self._key, self._client = connection.fingerprint, client

    def headers(self) -> dict[str, str]:
        """What goes with each request; may ask for a token first.

        Raises egress.Unreachable, or Turned where the login is refused.
        """
        if self._kind is LoginKind.OAUTH:
            return {"authorization": f"Bearer {self._token().value}"}
        if self._kind is LoginKind.BASIC:
            pair = f"{self._public.get('username', '')}:{self._secret}".encode()
            return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
        if self._kind is LoginKind.KEY:
            header = str(self._public.get("header", "authorization")).lower()
            return {header: f"{self._public.get('prefix', '')}{self._secret}"}
        return {}

    @property
    def renewable(self) -> bool:
        """Whether a 401 may only mean that the token is old."""
        return self._kind is LoginKind.OAUTH

    def forget(self) -> None:
        """Ask for a new token next time."""
        with _guard:
            _tokens.pop(self._key, None)

    @property
    def secret(self) -> str:
        """For protocols that carry the password in the message itself."""
        return str(self._secret)

    @property
    def username(self) -> str:
        """Who we are, where a protocol wants it in the message itself."""
        return str(self._public.get("username", ""))

    def _token(self) -> Token:
        with _guard:
            held = _tokens.get(self._key)
        if held is None or held.until <= time.monotonic():
            held = self._ask()
            with _guard:
                _tokens[self._key] = held
        return held

    def _ask(self) -> Token:
        form = {"grant_type": "client_credentials", **self._proof()}
        for name in ("scope", "resource", "audience"):
            if self._public.get(name):
                form[name] = self._public[name]
        url = str(self._public.get("token_url", ""))
        reply = self._client.post(url, urlencode(form).encode(), FORM)
        return _read(reply)

    def _proof(self) -> dict[str, str]:
        """Who we are: a secret, or with a `certificate_id` a statement signed by our key."""
        client = str(self._public.get("client_id", ""))
        if not self._public.get("certificate_id"):
            return {"client_id": client, "client_secret": self._secret}
        return {"client_assertion_type": ASSERTION, "client_assertion": self._signed(client)}

    def _signed(self, client: str) -> str:
        now = int(time.time())
        claims = {"iss": client, "sub": client, "iat": now, "exp": now + LASTS,
                  "aud": self._public.get("token_url"), "jti": secrets.token_hex(16),
                  "scope": str(self._public.get("scope", "")).split()}  # fmt: skip
        header = {"typ": "JWT", "kid": self._public["certificate_id"],
                  "alg": self._public.get("algorithm", "PS256")}  # fmt: skip
        try:
            token = JWT(header=header, claims=claims)
            token.make_signed_token(JWK.from_pem(self._secret.encode()))
        except (JWException, ValueError):
            reason = "the key of the login cannot be used to sign"
            raise Turned(Answer(verdict=Verdict.REFUSED, reason=reason)) from None
        return str(token.serialize())


def _read(reply: egress.Reply) -> Token:
    try:
        answer = exact_json.loads(reply.body.decode())
        value = str(answer["access_token"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _refused(reply) from None
    if reply.status != 200 or not value:
        raise _refused(reply)
    lasts = answer.get("expires_in")
    seconds = int(lasts) if isinstance(lasts, int | str) and str(lasts).isdigit() else UNSAID
    until = time.monotonic() + max(1, seconds - EARLY)
    return Token(value, until, cast(str, answer.get("instance_url") or ""))


def _refused(reply: egress.Reply) -> Turned:
    """A login that fails: by itself later where the server is in trouble, else a person's matter.

    The answer's body is not kept: it may repeat what was sent.
    """
    passing = reply.status >= 500 or reply.status in {408, 429}
    verdict = Verdict.FAILED if passing else Verdict.REFUSED
    reason = f"the login answered {reply.status}"
    return Turned(Answer(reply.status, reply.headers, verdict=verdict, reason=reason))
