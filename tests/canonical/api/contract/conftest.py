"""The probe API stands beside the real one."""

from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def _probe_addresses(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.canonical.api.contract.probe"
