"""What every page of the console does alike: who looks, the frame, the refusal in words."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from canonical.admin.base import principal_of
from canonical.golden.cause import Cause, cause_of
from canonical.identity.errors import IdentityError, Refused

View = Callable[..., HttpResponse]
REASON_AT_MOST = 500


def page(view: View) -> View:
    """A page for signed-in staff."""
    wrapped: View = admin.site.admin_view(view)
    return wrapped


def deed(view: View) -> View:
    """A steward's POST; where it is refused, back to the page it came from with the reason."""
    return asked(require_POST(view))


def asked(view: View) -> View:
    """A page that shows on GET what its POST would do; for stewards, refusals as in a deed."""
    return scoped("steward")(view)


def scoped(scope: str) -> Callable[[View], View]:
    """A page for those with a scope; what it refuses leads back, with the reason."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not principal_of(request).may(scope):
                raise PermissionDenied
            try:
                return view(request, *args, **kwargs)
            except IdentityError as error:
                messages.error(request, str(error))
                return back(request)

        wrapped: View = admin.site.admin_view(guarded)
        return wrapped

    return guard


def is_fragment(request: HttpRequest) -> bool:
    """Whether the page itself asks again for a part of it."""
    return request.headers.get("X-Fragment") == "1"


def show(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    """The page inside the console's frame."""
    frame = admin.site.each_context(request)
    may_steward = principal_of(request).may("steward")
    return render(request, template, {**frame, "title": title, "may": may_steward, **context})


def cause_from(request: HttpRequest, needed: bool = True) -> Cause:
    """Who does it and why, from the form's `reason`; Refused where a reason is missing."""
    reason = request.POST.get("reason", "").strip()
    if needed and not reason:
        raise Refused("Say why: the reason stays with the change.")
    if len(reason) > REASON_AT_MOST:
        raise Refused(f"A reason has at most {REASON_AT_MOST} characters.")
    return cause_of(principal_of(request), reason)


def number_from(request: HttpRequest, name: str) -> int | None:
    """A version the page was made from, as the form sent it back."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def back(request: HttpRequest) -> HttpResponse:
    """To the page the form names in `back`, if it is one of ours."""
    wanted = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return redirect(wanted)
    return redirect("admin:index")
