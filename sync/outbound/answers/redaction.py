"""What of a target's answer may be kept: its beginning, with whatever looks secret blacked out."""

from __future__ import annotations

import re
from typing import Final

KEPT: Final = 4096
_NAMES: Final = r"pass(?:word|wd)?|secret|token|api[_-]?key|authorization|credential|cookie|iban"
_SECRETS: Final = re.compile(
    rf"""(?P<name>["']?[\w-]*(?:{_NAMES})[\w-]*["']?\s*[:=]\s*)
         (?:"(?:[^"\\]|\\.)*"?|'[^']*'?|(?:(?:bearer|basic)\s+)?[^\s,;&}}<]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_BARE: Final = re.compile(r"whsec_[\w+/=-]+|(?i:bearer|basic)\s+[\w.~+/=-]{8,}")


def redact(body: bytes) -> str:
    """The first 4 KB as text that can be stored and shown."""
    text = body[:KEPT].decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return _BARE.sub("[...]", _SECRETS.sub(r"\g<name>[...]", text))
