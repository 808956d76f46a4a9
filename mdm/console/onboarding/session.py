"""An unfinished system between the steps of the wizard, kept in the session."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest

from canonical import exact_json
from sync.inbound.onboarding import Draft

_KEY = "onboarding"


def draft_of(request: HttpRequest) -> Draft | None:
    """The one this person is at, if there is one."""
    told = request.session.get(_KEY)
    if not told:
        return None
    return Draft(**{**told, "payloads": exact_json.loads(told["payloads"])})


def keep(draft: Draft, request: HttpRequest) -> None:
    """Remember it for the next step."""
    payloads = exact_json.dumps(draft.payloads)  # numbers as they were written
    request.session[_KEY] = {**asdict(draft), "payloads": payloads}


def forget(request: HttpRequest) -> None:
    """It is set up, or given up."""
    request.session.pop(_KEY, None)
