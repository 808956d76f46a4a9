"""JSON whose numbers keep their digits: decimals go out and come back as they were written."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

# No JSON text that the hub takes in can hold NUL, so this cannot be anything else.
_MARK = "\x00"
_MARKED = re.compile(r'"\\u0000([^"]*)"')


def dumps(value: Any) -> str:
    """JSON text of a value that may hold decimals; TypeError for what JSON has no form for."""
    text = json.dumps(value, ensure_ascii=False, default=_marked)
    return _MARKED.sub(r"\1", text) if "\\u0000" in text else text


def loads(text: str) -> Any:
    """The value of JSON text, numbers with a fraction or an exponent as decimals."""
    return json.loads(text, parse_float=Decimal)


def _marked(value: Any) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return f"{_MARK}{value}"
    raise TypeError(f"{type(value).__name__} is not JSON")
