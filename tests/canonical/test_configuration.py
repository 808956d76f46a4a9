"""What changes the configuration raises its stamp."""

from __future__ import annotations

import pytest

from canonical import configuration
from canonical.models import OrderBy, System


@pytest.mark.django_db
def test_a_system_is_known_at_once_to_a_process_that_read_before() -> None:
    assert "psa" not in configuration.current().order_by
    psa = System.objects.create(code="psa", name="PSA")
    assert configuration.current().order_by["psa"] == OrderBy.MODIFIED_AT
    psa.order_by = OrderBy.VERSION
    psa.save()
    assert configuration.current().order_by["psa"] == OrderBy.VERSION
    psa.delete()
    assert "psa" not in configuration.current().order_by
