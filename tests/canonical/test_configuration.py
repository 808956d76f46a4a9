"""What changes the configuration raises its stamp."""

from __future__ import annotations

import pytest
from django.db import transaction

from canonical import configuration
from canonical.models import OrderBy, Policy, System


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


@pytest.mark.django_db
def test_what_was_read_of_a_change_that_was_taken_back_is_forgotten() -> None:
    with transaction.atomic():
        Policy.objects.filter(entity="client").update(rules={"trust": {"crm": 1}})
        configuration.touch()
        assert configuration.current().policies["client"].trust == {"crm": 1}
        transaction.set_rollback(True)
    Policy.objects.filter(entity="client").update(rules={"trust": {"crm": 2}})
    configuration.touch()
    assert configuration.current().policies["client"].trust == {"crm": 2}
