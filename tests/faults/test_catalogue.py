"""Every fault of crashes and of targets has a test that carries its number."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
PROMISED = [*range(1, 9), *range(37, 57), 70, 71, 72]
NUMBERED = re.compile(r"^ *def test_f(\d+)_", re.MULTILINE)


def numbers() -> set[int]:
    """The numbers that any test of the suite carries."""
    texts = (path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    return {int(number) for text in texts for number in NUMBERED.findall(text)}


def test_every_promised_fault_has_a_test() -> None:
    assert sorted(set(PROMISED) - numbers()) == []
