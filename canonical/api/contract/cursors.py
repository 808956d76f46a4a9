"""Pages by signed, opaque cursors: stable under writes, and no way to skip to a deep offset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

from django.core import signing
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api.contract.problems import invalid

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
_SALT: Final = "assay.cursor"


def seal(purpose: str, position: Sequence[Any]) -> str:
    """An opaque cursor; `purpose` names what it pages over, filters included."""
    digest = sha256(purpose.encode()).hexdigest()[:16]
    return signing.Signer(salt=_SALT).sign_object([digest, *position])


def unseal(cursor: str, purpose: str, *, parameter: str = "cursor") -> list[Any]:
    """The position in a cursor of the same purpose; anything else is refused with 400."""
    digest = sha256(purpose.encode()).hexdigest()[:16]
    try:
        sealed, *position = signing.Signer(salt=_SALT).unsign_object(cursor)
    except (signing.BadSignature, ValueError, UnicodeError):
        raise invalid(parameter, "invalid_cursor", "This is no cursor of this hub.") from None
    if sealed != digest:
        detail = "This cursor belongs to another list or to other filters."
        raise invalid(parameter, "invalid_cursor", detail)
    return list(position)


def page_limit(query: Mapping[str, str], *, default: int = DEFAULT_LIMIT) -> int:
    """`?limit=`, 1 to 200."""
    text = query.get("limit") or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MAX_LIMIT):
        raise invalid("limit", "out_of_range", f"limit is a whole number from 1 to {MAX_LIMIT}.")
    return int(text)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of results and where the next begins, if there is one."""

    results: list[Any]
    next_cursor: str | None

    @classmethod
    def of(
        cls, rows: Iterable[Any], limit: int, purpose: str, position: Callable[[Any], Sequence[Any]]
    ) -> Page:
        """Cut a page from `limit + 1` rows; the extra row only says that more follow."""
        found = list(rows)
        more = len(found) > limit
        shown = found[:limit]
        return cls(shown, seal(purpose, position(shown[-1])) if more else None)

    def response(self, request: Request, *, parameter: str = "cursor") -> Response:
        """`{"results", "next", "next_cursor"}`, and the next page as a Link header."""
        following = self.next_cursor and _address(request, parameter, self.next_cursor)
        data = {"results": self.results, "next": following, "next_cursor": self.next_cursor}
        headers = {"Link": f'<{following}>; rel="next"'} if following else {}
        return Response(data, headers=headers)


def _address(request: Request, parameter: str, cursor: str) -> str:
    query = {**request.query_params.dict(), parameter: cursor}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")


def known_parameters(query: Iterable[str], allowed: Iterable[str]) -> None:
    """Refuse a parameter that is not on the list: a misspelt filter must not select everything."""
    for name in query:
        if name not in set(allowed):
            raise invalid(name, "unknown_parameter", f"Unknown parameter {name!a}.")
