"""The demo firm moves in."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate

from canonical import configuration
from canonical.access import of_credential, of_user
from canonical.models import Credential, Policy, System, User
from canonical.models.access import SCOPES
from sync.inbound import catalogue, demo

pytestmark = pytest.mark.django_db


def test_an_empty_demo_has_systems_that_send_canonical_attributes() -> None:
    facts = demo.prepare(empty=True)
    systems = {"crm", "erp", "psa", "hr", "billing"}
    assert set(facts["credentials"]) == {*systems, "integrator"}
    assert set(System.objects.exclude(code="console").values_list("code", flat=True)) == systems
    assert catalogue.active("crm", "client") is None
    assert configuration.current().term("crm", "legal_entity", "HM-UK") == "HM-UK"


def test_the_full_demo_maps_translates_and_trusts() -> None:
    demo.prepare(empty=False)
    current = configuration.current()
    assert catalogue.active("hubspot", "engagement") is not None
    assert current.term("erp", "legal_entity", "3") == "HM-DE"
    assert current.term("erp", "engagement_stage", "Parked") is None
    assert current.outbound["erp", "client_status", "active"] == "CUSTOMER-Closed Won"
    assert current.policies["client"].trust_of("erp", "tax_ids") == 95
    assert current.time_zones["HM-US"] == "America/New_York"
    assert Policy.objects.filter(active=True).count() == 6


def test_the_sign_ins_and_credentials_work_as_they_say() -> None:
    facts = demo.prepare(empty=True)
    admin = authenticate(**facts["admin"])
    assert isinstance(admin, User)
    assert admin.is_superuser
    steward = User.objects.get(username="steward")
    assert of_user(steward).scopes == {"read", "match", "steward"}
    held = facts["credentials"]["integrator"]
    integrator = of_credential(Credential.objects.get(client_id=held["client_id"]), held["scopes"])
    assert integrator.scopes == set(SCOPES)
    assert integrator.reaches("crm")
    held = facts["credentials"]["crm"]
    crm = of_credential(Credential.objects.get(client_id=held["client_id"]), held["scopes"])
    assert (crm.reaches("crm"), crm.reaches("erp"), crm.may("steward")) == (True, False, False)


def test_preparing_again_makes_nothing_twice() -> None:
    first, second = demo.prepare(empty=False), demo.prepare(empty=False)
    assert User.objects.filter(username="admin").count() == 1
    assert authenticate(**second["admin"]) is not None
    assert authenticate(**first["admin"]) is None
