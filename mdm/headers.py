"""What browsers are told: the content security policy and what pages may ask of the machine."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

SELF = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# The admin theme evaluates Alpine expressions and writes inline styles; so does the API browser.
RELAXED = {
    "/admin/": {"script-src": "'self' 'unsafe-eval'", "style-src": "'self' 'unsafe-inline'"},
    "/api/docs/": {"style-src": "'self' 'unsafe-inline'"},
    "/api/redoc/": {"style-src": "'self' 'unsafe-inline'", "worker-src": "'self' blob:"},
}
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def policy_for(path: str) -> str:
    """The content security policy of one address, as the header's text."""
    relaxed = next((more for prefix, more in RELAXED.items() if path.startswith(prefix)), {})
    return "; ".join(f"{name} {sources}" for name, sources in {**SELF, **relaxed}.items())


class SecurityHeaders:
    """Sends both headers with every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = policy_for(request.path)
        response.headers["Permissions-Policy"] = PERMISSIONS
        return response
