"""Sample payloads as people paste or upload them: JSON in any arrangement, or rows of a table."""

from __future__ import annotations

import io
from typing import Any

from canonical.identity.errors import Refused
from sync.inbound import files

AT_MOST = 60  # more tell little that is new
MAX_TEXT = 512 * 1024


class BadSamples(Refused):
    """There are no payloads in this; the text says why."""


def read_samples(text: str, name: str = "", content: bytes = b"") -> list[dict[str, Any]]:
    """The first payloads of a file, or of a pasted text; raises BadSamples."""
    if content:
        found = _payloads(name, content)
    elif text.strip():
        found = _pasted(text.strip())
    else:
        raise BadSamples("Paste three sample payloads or rows, or choose a file.")
    if not found:
        raise BadSamples("No payload was found: a JSON object, a list of them, or rows of CSV.")
    return found


def _pasted(text: str) -> list[dict[str, Any]]:
    if len(text) > MAX_TEXT:
        raise BadSamples(f"More than {MAX_TEXT // 1024} KB were pasted: upload them as a file.")
    fault: BadSamples | None = None
    one = f"[{text}]" if text.startswith("{") else text
    for ending, body in ((".json", one), (".jsonl", text)) if text[:1] in "[{" else ():
        try:
            if found := _payloads(ending, body.encode()):
                return found
        except BadSamples as error:
            fault = fault or error
    if fault is not None:
        raise fault
    return _payloads(".csv", text.encode())


def _payloads(name: str, content: bytes) -> list[dict[str, Any]]:
    try:
        return files.payloads(f"samples{name[name.rfind('.') :]}", io.BytesIO(content), AT_MOST)
    except files.FileFault as error:
        raise BadSamples(str(error)) from error
