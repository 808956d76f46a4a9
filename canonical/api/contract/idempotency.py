"""Idempotency-Key: the second of two equal requests gets the answer of the first.

The answer is stored in the transaction of the work. A twin waits for that transaction (a lock
of its key on PostgreSQL, the one writer on SQLite), so it never runs beside the first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import blake2b, sha256
from typing import Final

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.access import Principal
from canonical.api.contract import renderers
from canonical.api.contract.problems import Problem, invalid
from canonical.models.contract import IdempotentAnswer
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
        _wait_for_twin(f"{principal.id}\n{key}")
        kept = IdempotentAnswer.objects.filter(owner=principal.id, key=key).first()
        if kept is not None and kept.expires_at > timezone.now():
            return _replay(kept, print_)
        response = run()
        if kept is not None:
            kept.delete()
        _keep(principal, key, print_, response)
        return response


def _wait_for_twin(name: str) -> None:
    """Wait for another transaction with this key, until the connection's lock_timeout: then 409."""
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
            raise
        raise Problem("request-in-progress", headers={"Retry-After": "1"}) from None


def _replay(kept: IdempotentAnswer, print_: str) -> Response:
    if kept.fingerprint != print_:
        raise Problem("idempotency-key-reused", f"The key {kept.key!a} was used before.")
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
