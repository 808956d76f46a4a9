"""The transforms by name.

Each is a factory: the rule's parameters make it, once, when the mapping is compiled (a wrong
parameter raises ValueError there). What it returns turns one value into another and raises
ValueError with the reason when it cannot. Empty values never reach a transform.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from decimal import Decimal
from typing import Any, get_origin, get_type_hints

Transform = Callable[[Any], Any]
_FACTORIES: dict[str, Callable[..., Transform]] = {}
_TYPE_NAMES = {str: "text", int: "a whole number", list: "a list", dict: "an object"}


def named(factory: Callable[..., Transform]) -> Callable[..., Transform]:
    """Register a factory under its name; a trailing underscore only avoids a name in use."""
    _FACTORIES[factory.__name__.rstrip("_")] = factory
    return factory


def names() -> list[str]:
    """The names a rule may use."""
    return sorted(_FACTORIES)


def make(name: str, parameters: dict[str, Any]) -> Transform:
    """The transform of this name; ValueError when the name or a parameter is wrong."""
    factory = _FACTORIES.get(name)
    if factory is None:
        raise ValueError(f"no transform is called {name!r}; there are {', '.join(names())}")
    hints = get_type_hints(factory)
    for key, value in parameters.items():
        if key not in hints or key == "return":
            raise ValueError(f"{name} has no parameter {key!r}")
        expected = get_origin(hints[key]) or hints[key]
        if not isinstance(value, expected) or isinstance(value, bool):
            raise ValueError(f"{name}: {key} must be {_TYPE_NAMES[expected]}")
    try:
        inspect.signature(factory).bind(**parameters)
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from error
    return factory(**parameters)


def shown(value: Any) -> str:
    """A value as an error message quotes it: one line of printable ASCII, at most 40 characters."""
    quoted = str(value) if isinstance(value, Decimal) else ascii(value)
    return quoted if len(quoted) <= 40 else quoted[:37] + "..."


def as_text(value: Any) -> str:
    """Text or a number as text; ValueError for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{shown(value)} is not text")


def pair(value: Any, default: str) -> tuple[Any, str]:
    """(value, what qualifies it), from a list of the two or from a value and a default."""
    if not isinstance(value, list):
        return value, default
    if len(value) != 2:
        raise ValueError(f"expected two values, got {len(value)}")
    return value[0], as_text(value[1]).strip() if value[1] else default
