"""ETag, If-Match and If-None-Match: the version of a golden record is its entity tag."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from canonical.api.contract.problems import Problem, invalid

_TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')
_LIST: Final = re.compile(rf"\s*{_TAG.pattern}(?:\s*,\s*{_TAG.pattern})*\s*")
_VERSION: Final = re.compile(r'"([0-9]{1,18})"')


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def expected_version(headers: Mapping[str, str], *, required: bool) -> int | None:
    """The version the caller has read, from If-Match; None where any version will do.

    428 where it is required and missing, 400 where it is malformed. A tag that this hub never
    gave (weak, or no number) matches nothing: 412.
    """
    text = headers.get("If-Match", "").strip()
    if not text and required:
        raise Problem("precondition-required", "Send the ETag you have read as If-Match.")
    if text in {"", "*"}:
        return None
    if not _TAG.fullmatch(text):
        raise invalid("If-Match", "malformed_header", 'If-Match takes one entity tag, like "7".')
    version = _VERSION.fullmatch(text)
    if version is None:
        raise Problem("precondition-failed", f"No version of a record has the tag {text}.")
    return int(version[1])


def check_version(expected: int | None, actual: int) -> None:
    """412 unless the caller expects this version, or any."""
    if expected is not None and expected != actual:
        detail = f"You have version {expected}, the record is at {actual}."
        raise Problem("precondition-failed", detail, headers={"ETag": etag(actual)})


def not_modified(headers: Mapping[str, str], version: int) -> bool:
    """Whether If-None-Match already names this version (weak comparison, RFC 9110 13.1.2)."""
    text = headers.get("If-None-Match", "")
    if text.strip() == "*":
        return True
    return bool(_LIST.fullmatch(text)) and etag(version) in _TAG.findall(text.replace("W/", ""))
