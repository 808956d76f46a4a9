"""Stored mappings: versions, the one in force, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from canonical import configuration
from canonical.models import System
from sync import models
from sync.inbound import catalogue
from sync.inbound.mapping import MappingError

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def crm() -> Iterator[None]:
    configuration.forget()
    catalogue.forget()
    System.objects.create(code="crm", name="CRM")
    yield
    configuration.forget()
    catalogue.forget()


def spec(to: str = "legal_name", entity: str = "client") -> dict[str, Any]:
    rules = [{"to": to, "from": "Name"}]
    return {"system": "crm", "entity": entity, "version": 1, "rules": rules}


def test_a_system_without_a_mapping_sends_canonical_attributes() -> None:
    assert catalogue.active("crm", "client") is None


def test_each_saved_mapping_is_the_next_version_and_the_one_in_force() -> None:
    catalogue.save(spec(), "ada")
    catalogue.save(spec("trading_name"), "ada")
    mapping = catalogue.active("crm", "client")
    assert mapping is not None
    assert (mapping.version, mapping.targets) == (2, ["trading_name"])
    assert mapping.apply({"Name": "Acme"}).values == {"trading_name": "Acme"}
    assert list(models.Mapping.objects.values_list("version", "active")) == [(2, True), (1, False)]


def test_a_draft_is_stored_without_being_in_force() -> None:
    catalogue.save(spec(), "ada")
    catalogue.save(spec("trading_name"), "ada", activate=False)
    mapping = catalogue.active("crm", "client")
    assert mapping is not None
    assert mapping.version == 1


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (spec("name_of_it"), "there is no attribute 'name_of_it'"),
        (spec(entity="planet"), "there is no entity 'planet'"),
        ({**spec(), "system": "moon"}, "there is no system 'moon'"),
        ({}, "is missing"),
    ],
)
def test_an_unusable_mapping_is_not_stored(bad: Any, reason: str) -> None:
    with pytest.raises(MappingError, match=reason):
        catalogue.save(bad, "ada")
    assert not models.Mapping.objects.exists()
