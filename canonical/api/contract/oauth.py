"""OAuth 2.0 client credentials: tokens for systems, errors as RFC 6749 and RFC 9457 at once."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Final

from django.contrib.auth.hashers import BasePasswordHasher, check_password
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes
from oauth2_provider.views.base import TokenView

from canonical.api.contract import problems, renderers, throttles
from canonical.api.contract.handler import base_of
from canonical.models.access import SCOPES, Credential

_TITLES: Final = {400: "invalid-request", 401: "unauthenticated"}


class RandomSecretHasher(BasePasswordHasher):
    """SHA-256 for secrets of 256 random bits: nothing to guess, so nothing to slow down.

    Never for what people choose; it stands last in PASSWORD_HASHERS for this reason.
    """

    algorithm = "sha256_random"

    def encode(self, password: str, salt: str) -> str:
        digest = sha256(f"{salt}{password}".encode()).hexdigest()
        return f"{self.algorithm}${salt}${digest}"

    def verify(self, password: str, encoded: str) -> bool:
        _, salt, _ = encoded.split("$")
        return constant_time_compare(self.encode(password, salt), encoded)

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        return {"algorithm": self.algorithm}

    def harden_runtime(self, password: str, encoded: str) -> None:
        """There is no work factor."""


class CredentialScopes(BaseScopes):
    """A credential may ask for its own scopes, and gets all of them if it names none."""

    def get_all_scopes(self) -> dict[str, str]:
        return SCOPES

    def get_available_scopes(
        self, application: Credential | None = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return list(application.scopes) if application else []

    def get_default_scopes(
        self, application: Credential | None = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return self.get_available_scopes(application)


class RotatingSecretValidator(OAuth2Validator):
    """Accepts a replaced secret until its time is over."""

    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        if check_password(provided_secret, stored_secret):
            return True
        previous = Credential.objects.filter(
            client_secret=stored_secret, previous_secret_until__gt=timezone.now()
        ).values_list("previous_secret", flat=True)
        return any(check_password(provided_secret, secret) for secret in previous)


@method_decorator(csrf_exempt, name="dispatch")
class TokenEndpoint(TokenView):
    """`POST /oauth/token/`, form-encoded, with HTTP Basic or the secret in the body."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        allowance = throttles.spend("token", throttles.address(request))
        allowance.enforce()
        response = self._token(request)
        for name, value in allowance.headers().items():
            response[name] = value
        return response

    def _token(self, request: HttpRequest) -> HttpResponse:
        if request.META.get("QUERY_STRING"):
            return refusal(request, 400, "invalid_request", "Parameters belong into the body.")
        try:
            response: HttpResponse = super().post(request)
        except DataError:  # NUL in a client id, on PostgreSQL
            return refusal(request, 401, "invalid_client", "")
        if response.status_code < 400:
            return response
        error = json.loads(response.content)
        explained = refusal(
            request, response.status_code, error["error"], error.get("error_description", "")
        )
        if challenge := response.get("WWW-Authenticate"):
            explained["WWW-Authenticate"] = challenge
        return explained


def refusal(request: HttpRequest, status: int, error: str, description: str) -> HttpResponse:
    """RFC 6749 5.2 fixes `error` and the media type; the members of a problem stand beside."""
    problem = problems.Problem(_TITLES.get(status, "invalid-request"), description)
    members = problems.body(problem, request.path, base_of(request))
    members |= {"status": status, "error": error, "error_description": problem.detail}
    return HttpResponse(
        renderers.dumps(members),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", "Pragma": "no-cache"},
    )
