"""Keys where none is ever free again: what is begun anew has a number. Pure.

`BS-1`, then `BS-1~2`, `BS-1~3`: together they are one billing schedule.
"""

from __future__ import annotations

import re
from typing import Final

NUMBERED: Final = re.compile(r"(.+)~(\d+)")


def numbered(key: str, number: int) -> str:
    """The key of what is the `number`th of its schedule, from 1."""
    return key if number == 1 else f"{key}~{number}"


def parted(whole: str) -> tuple[str, int]:
    """The key that all of a schedule share, and the number of this one."""
    match = NUMBERED.fullmatch(whole)
    return (match[1], int(match[2])) if match else (whole, 1)


def next_key(whole: str) -> str:
    """The key of what follows."""
    key, number = parted(whole)
    return numbered(key, number + 1)
