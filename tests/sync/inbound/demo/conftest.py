"""What processes cache of one demo is no part of the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from canonical import configuration
from sync.inbound import catalogue


@pytest.fixture(autouse=True)
def fresh_configuration() -> Iterator[None]:
    configuration.forget()
    catalogue.forget()
    yield
    configuration.forget()
    catalogue.forget()
