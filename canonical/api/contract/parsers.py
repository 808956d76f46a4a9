"""Bodies in: bounded, uncompressed, strict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, Final

from rest_framework.parsers import BaseParser

from canonical.api.contract.problems import Problem
from canonical.api.contract.strict_json import MalformedJson, parse
from canonical.validation import Fault

MEGABYTE: Final = 1_000_000


def read_body(stream: IO[bytes], limit: int, headers: Mapping[str, str]) -> bytes:
    """The whole body, never more than `limit` bytes of it; compressed ones are refused."""
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem("unsupported-media-type", "Compressed bodies are not read.")
    length = headers.get("Content-Length") or "0"
    raw = b"" if length.isdigit() and int(length) > limit else stream.read(limit + 1)
    if len(raw) > limit or (length.isdigit() and int(length) > limit):
        raise Problem("payload-too-large", f"The body is larger than {limit:,} bytes.")
    return raw


def malformed(error: MalformedJson) -> Problem:
    """The problem of a body that is not strict JSON."""
    return Problem("malformed-json", error.fault.detail, errors=[error.fault])


class StrictJSONParser(BaseParser):
    """One JSON document, at most `max_body` bytes of the view."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = self.read(stream, parser_context or {})
        try:
            return parse(raw)
        except MalformedJson as error:
            raise malformed(error) from None

    @staticmethod
    def read(stream: IO[bytes], parser_context: Mapping[str, Any]) -> bytes:
        """The bounded body; kept on the request for its digest."""
        request, view = parser_context["request"], parser_context["view"]
        raw = read_body(stream, getattr(view, "max_body", MEGABYTE), request.headers)
        request.raw_body = raw
        return raw


class NDJSONParser(StrictJSONParser):
    """One JSON document a line; a bad line becomes a MalformedJson in its place.

    So one bad item never refuses the others; empty lines are skipped.
    """

    media_type = "application/x-ndjson"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = self.read(stream, parser_context or {})
        return [_line(line) for line in raw.split(b"\n") if line.strip()]


class FileParser(BaseParser):
    """A file as it is: its bytes, at most `max_body` of the view."""

    media_type = "application/octet-stream"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return StrictJSONParser.read(stream, parser_context or {})


class CsvParser(FileParser):
    """The same, as whoever knows that it is CSV says it."""

    media_type = "text/csv"


def _line(line: bytes) -> Any:
    try:
        return parse(line)
    except MalformedJson as error:
        return error


def expect_object(value: Any, pointer: str = "") -> dict[str, Any]:
    """The value if it is a JSON object."""
    if isinstance(value, dict):
        return value
    detail = "Expected a JSON object."
    raise Problem("invalid-request", detail, errors=[Fault(pointer, "wrong_type", detail)])
