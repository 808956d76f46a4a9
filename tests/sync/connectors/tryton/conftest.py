"""A hub beside a real Tryton."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from tests.tryton import Erp
from tests.tryton.linked import Linked, link


@pytest.fixture
def linked(tryton: Erp, db: None, settings: Settings) -> Linked:
    settings.ALLOW_LOCAL_TARGETS = True
    return link(tryton)
