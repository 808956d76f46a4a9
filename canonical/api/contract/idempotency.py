"""Idempotency-Key: the second of two equal requests gets the answer of the first.

The answer is stored in the transaction of the work. A twin waits for that transaction (a lock
of its key on PostgreSQL, the one writer on SQLite), so it never runs beside the first. A request
for several things keeps an answer for each of them, in the transaction of that thing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from hashlib import blake2b, sha256
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.access import Principal
from canonical.api.contract import renderers
from canonical.api.contract.problems import Problem, invalid
from canonical.identity.errors import Busy, IdentityError
from canonical.identity.units import apart
from canonical.models.contract import IdempotentAnswer
from canonical.prepared import vendor
from canonical.sealing import seal, unseal

HEADER: Final = "Idempotency-Key"
KEPT_FOR: Final = timedelta(days=7)
REPLAYED: Final = "Idempotent-Replayed"
_KEY: Final = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')
_STORED_HEADERS: Final = ("ETag", "Location", "Link")
_LOCK_NOT_AVAILABLE: Final = "55P03"


def required_key(request: Request) -> str:
    """The key of a POST that writes; 400 where it is missing or malformed."""
    text = request.headers.get(HEADER, "")
    if not text:
        detail = "Send an Idempotency-Key, so that repeating the request is safe."
        raise invalid(HEADER, "missing_header", detail)
    if not (found := _KEY.fullmatch(text)):
        raise invalid(HEADER, "malformed_header", "1 to 255 visible ASCII characters.")
    return found[1]


def fingerprint(request: Request) -> str:
    """What makes two requests the same: method, address with its query, and the body's bytes."""
    # Reading `data` makes the parser keep the raw bytes.
    _ = request.data
    digest = sha256(f"{request.method} {request.get_full_path()}\n".encode())
    digest.update(getattr(request, "raw_body", b""))
    return digest.hexdigest()


def answer_once(principal: Principal, request: Request, run: Callable[[], Response]) -> Response:
    """Run the work and keep its answer, or give the answer kept; failures keep nothing."""
    key, print_ = required_key(request), fingerprint(request)
    with transaction.atomic():
        if kept := _kept(principal, key, print_):
            return _replay(kept)
        response = run()
        _keep(principal, key, print_, response)
        return response


def answer_each(
    principal: Principal,
    request: Request,
    names: Sequence[str],
    run: Callable[[str], Any],
    refused: Callable[[str, IdentityError], Any],
) -> Response:
    """Run the work of each name in a transaction of its own, which keeps its answer as JSON.

    So none waits for the locks of another, and the repeat of a request that broke off gives the
    answers kept and goes on with the rest. What refuses one is its answer; only of what was Busy
    nothing is kept.
    """
    key, print_ = required_key(request), fingerprint(request)
    with transaction.atomic():
        if not _kept(principal, key, print_):
            _keep(principal, key, print_, Response())
    kept_before: list[bool] = []

    def once(name: str, work: Callable[[], Any]) -> Any:
        part = _part(key, name)
        with transaction.atomic():
            kept = _kept(principal, part, print_)
            kept_before.append(kept is not None)
            if kept:
                return json.loads(unseal(kept.body))
            response = Response(work())
            _keep(principal, part, print_, response)
            return json.loads(response.data)

    def answer(name: str) -> Any:
        told = apart(lambda: once(name, lambda: run(name)))
        if not isinstance(told, IdentityError):
            return told
        refusal = refused(name, told)
        return refusal if isinstance(told, Busy) else once(name, lambda: refusal)

    answers = [answer(name) for name in names]
    return Response(answers, headers={REPLAYED: "true"} if all(kept_before) else {})


def _part(key: str, name: str) -> str:
    """The key of one thing of a request; no caller can send it, as it has a space."""
    digest = sha256(f"{key}\n{name}".encode()).hexdigest()
    return f"part {digest}"


def _kept(principal: Principal, key: str, print_: str) -> IdempotentAnswer | None:
    """The answer kept under a key, once no twin is at work; raises where another body has it."""
    _wait_for_twin(f"{principal.id}\n{key}")
    kept = IdempotentAnswer.objects.filter(owner=principal.id, key=key).first()
    if kept is None:
        return None
    if kept.expires_at <= timezone.now():
        kept.delete()
        return None
    if kept.fingerprint != print_:
        raise Problem("idempotency-key-reused", f"The key {kept.key!a} was used before.")
    return kept


def _wait_for_twin(name: str) -> None:
    """Wait for another transaction with this key, until the connection's lock_timeout: then 409."""
    if vendor() != "postgresql":
        return
    number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
            raise
        raise Problem("request-in-progress", headers={"Retry-After": "1"}) from None


def _replay(kept: IdempotentAnswer) -> Response:
    response = Response(unseal(kept.body).encode(), status=kept.status, headers=kept.headers)
    response[REPLAYED] = "true"
    return response


def _keep(principal: Principal, key: str, print_: str, response: Response) -> None:
    """Store the answer as bytes, sealed as it may hold a new secret, and send those bytes."""
    body = renderers.dumps(response.data) if response.data is not None else b""
    response.data = body
    now = timezone.now()
    IdempotentAnswer.objects.create(
        owner=principal.id,
        key=key,
        fingerprint=print_,
        status=response.status_code,
        headers={name: response[name] for name in _STORED_HEADERS if name in response},
        body=seal(body.decode()),
        created_at=now,
        expires_at=now + KEPT_FOR,
    )
