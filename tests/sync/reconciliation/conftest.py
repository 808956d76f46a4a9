"""What every test of reconciliation stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from sync.torture.receiver import Receiver


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.ALLOW_LOCAL_TARGETS = True
    with Receiver() as running:
        yield running
