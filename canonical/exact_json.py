"""JSON whose numbers keep their digits: decimals go out and come back as they were written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from json import encoder as standard
from typing import Any

# No JSON text that the hub takes in can hold NUL, so this cannot be anything else.
_MARK = "\x00"
_MARKED = re.compile(r'"\\u0000([^"]*)"')


class Encoded(str):
    """JSON text already, which is stored in a row as it is."""

    __slots__ = ()


def encoder(
    default: Callable[[Any], Any] | None = None, compact: bool = False, sort_keys: bool = False
) -> Callable[[Any], str]:
    """What writes values as JSON; `json` would make an encoder anew for each of them."""
    comma, colon = (",", ":") if compact else (", ", ": ")
    plain = json.JSONEncoder(
        ensure_ascii=False, sort_keys=sort_keys, separators=(comma, colon), default=default
    )
    make = getattr(standard, "c_make_encoder", None)
    if make is None:
        return plain.encode
    write = standard.encode_basestring
    encode = make(None, plain.default, write, None, colon, comma, sort_keys, False, True)
    return lambda value: "".join(encode(value, 0))


def dumps(value: Any) -> str:
    """JSON text of a value that may hold decimals; TypeError for what JSON has no form for."""
    text = _encode(value)
    return _MARKED.sub(r"\1", text) if "\\u0000" in text else text


def loads(text: str) -> Any:
    """The value of JSON text, numbers with a fraction or an exponent as decimals."""
    return json.loads(text, parse_float=Decimal)


def _marked(value: Any) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return f"{_MARK}{value}"
    raise TypeError(f"{type(value).__name__} is not JSON")


_encode = encoder(_marked)
