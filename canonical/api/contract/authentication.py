"""Ways in: an OAuth 2.0 bearer token for systems, the console's session for people.

Either leaves a `Principal` in `request.auth`.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from canonical import access
from canonical.access import Principal
from canonical.api.contract.problems import Problem
from canonical.models.access import User

REALM: Final = 'Bearer realm="assay"'


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; looked up by its SHA-256, so timing tells nothing."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Principal] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() != "bearer":
            raise _refused("Use the Bearer scheme.")
        # A principal is no person: history and permissions of Django see nobody.
        return AnonymousUser(), _principal_of(token.strip())

    def authenticate_header(self, request: Request) -> str:
        return REALM


def _principal_of(token: str) -> Principal:
    checksum = sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
    principal = access.of_token(checksum, timezone.now())
    if principal is None:
        raise _refused("The token is unknown, expired or revoked.")
    return principal


def _refused(detail: str) -> Problem:
    challenge = f'{REALM}, error="invalid_token", error_description="{detail}"'
    return Problem("unauthenticated", detail, headers={"WWW-Authenticate": challenge})


class ConsoleAuthentication(SessionAuthentication):
    """The signed-in session of the console, with CSRF on everything that writes."""

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        signed_in = super().authenticate(request)
        if signed_in is None:
            return None
        user = signed_in[0]
        assert isinstance(user, User)
        return user, access.of_user(user)
