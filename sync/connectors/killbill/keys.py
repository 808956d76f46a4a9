"""External keys of subscriptions: none is ever free again, so what is begun anew has a number.

`BS-1`, then `BS-1~2`, `BS-1~3`: together they are one billing schedule. Pure.
"""

from __future__ import annotations

import re
from typing import Final

NUMBERED: Final = re.compile(r"(.+)~(\d+)")


def numbered(key: str, number: int) -> str:
    """The external key of the subscription that is the `number`th of its schedule, from 1."""
    return key if number == 1 else f"{key}~{number}"


def parted(external_key: str) -> tuple[str, int]:
    """The key that all subscriptions of a schedule share, and the number of this one."""
    match = NUMBERED.fullmatch(external_key)
    return (match[1], int(match[2])) if match else (external_key, 1)


def next_key(external_key: str) -> str:
    """The external key of the subscription that follows."""
    key, number = parted(external_key)
    return numbered(key, number + 1)
