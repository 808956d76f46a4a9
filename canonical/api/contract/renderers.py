"""JSON out: exact, compact, UTF-8."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer

from canonical.api.contract import problems

NDJSON: Final = "application/x-ndjson"


def encode(value: Any) -> Any:
    """How the values JSON does not know are written: decimals as exact text, instants in UTC."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not written to JSON.")


def instant(value: datetime) -> str:
    """RFC 3339 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=encode
)


def dumps(value: Any) -> bytes:
    """One JSON text as bytes."""
    return _ENCODER.encode(value).encode()


class ContractRenderer(BaseRenderer):
    """Renders data; a body that is bytes already (a stored answer) goes out as it is."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if isinstance(data, bytes):
            return data
        return b"" if data is None else dumps(data)


class ProblemRenderer(ContractRenderer):
    """The same, under the media type of problems."""

    media_type = problems.MEDIA_TYPE
    format = "problem"


class LineRenderer(ContractRenderer):
    """One JSON text a line."""

    media_type = NDJSON
    format = "ndjson"


def lines(values: Iterable[Any]) -> StreamingHttpResponse:
    """An answer of one JSON text a line, each sent when it is there."""
    return StreamingHttpResponse((dumps(value) + b"\n" for value in values), content_type=NDJSON)
