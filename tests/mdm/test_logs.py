from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
import structlog

from mdm import logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the configured root handler writes, caught before it reaches the terminal."""
    config = logs.configure("INFO")
    root = logging.getLogger()
    caught = logging.StreamHandler(io.StringIO())
    formatter = dict(config["formatters"]["json"])
    formatter.pop("()")
    caught.setFormatter(structlog.stdlib.ProcessorFormatter(**formatter))
    root.addHandler(caught)
    yield caught.stream
    root.removeHandler(caught)


def events(lines: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_one_event_is_one_line_whatever_is_in_it(lines: io.StringIO) -> None:
    hostile = "name\nlevel=critical\r\n\x1b[31m\u2028{}"

    structlog.get_logger("assay.test").warning("received", client=hostile)
    logging.getLogger("assay.test").warning("from %s", hostile)

    first, second = events(lines)
    assert first["client"] == hostile
    assert (first["event"], first["level"], first["logger"]) == (
        "received",
        "warning",
        "assay.test",
    )
    assert second["event"] == f"from {hostile}"


def test_an_exception_is_one_line_too(lines: io.StringIO) -> None:
    try:
        raise ValueError("token=abcdef123456 was refused")
    except ValueError:
        structlog.get_logger("assay.test").exception("failed")

    (event,) = events(lines)
    assert "ValueError" in str(event["exception"])
    assert "abcdef123456" not in lines.getvalue()


@pytest.mark.parametrize(
    "fields",
    [
        {"client_secret": "canary"},
        {"Authorization": "canary"},
        {"body": {"nested": [{"iban": "canary"}], "password": "canary"}},
        {"detail": "Authorization: Bearer canarycanary"},
        {"detail": "cannot reach postgres://assay:canary@database/assay"},
        {"detail": "POST /token client_secret=canary&grant_type=x"},
        {"detail": "{'access_token': 'canary'}"},
    ],
)
def test_no_secret_reaches_the_log(lines: io.StringIO, fields: dict[str, object]) -> None:
    structlog.get_logger("assay.test").info("event", **fields)

    assert "canary" not in lines.getvalue()
    assert logs.HIDDEN in lines.getvalue()


def test_ordinary_words_stay(lines: io.StringIO) -> None:
    structlog.get_logger("assay.test").info("a basic token of trust", path="/oauth/token/")

    assert events(lines)[0]["event"] == "a basic token of trust"
