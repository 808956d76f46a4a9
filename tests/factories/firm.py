"""A small firm, brought in through the real intake, and people who look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser

from canonical import configuration
from canonical.access import of_hub
from canonical.models import Golden, System, User
from matching.models import Review
from sync.inbound import catalogue
from sync.inbound.answers import Answer
from sync.inbound.arrivals import Item
from sync.inbound.receive import receive

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


LEEDS = {"role": "registered", "lines": ["1 Mill Lane"], "locality": "Leeds", "country": "GB"}


def send(
    system: str, entity: str, source_id: str, same_as: str | None = None, **data: Any
) -> Answer:
    """One source record, received."""
    item = Item(source_id, data, AT, same_as=same_as)
    return receive(of_hub("test"), system, entity, [item])[0]


@dataclass(frozen=True)
class Firm:
    """What the pages are about."""

    acme: Golden
    twin: Golden
    engagement: Golden
    review: Review


def clients() -> tuple[Answer, Answer]:
    """A client known to two systems, and one alike enough to ask a person."""
    first = send(
        "crm",
        "client",
        "A-1",
        legal_name="Northwind Advisory Partners Ltd",
        party_type="organisation",
        website="https://northwind.example",
        addresses=[LEEDS],
        bank_accounts=[{"iban": "GB33BUKB20201555555555"}],
    )
    assert first.golden
    second = send(
        "psa",
        "client",
        "P-1",
        legal_name="Northwind Advisory",
        addresses=[{"role": "registered", "locality": "Leeds", "country": "GB"}],
    )
    send(
        "erp",
        "client",
        "E-1",
        same_as=first.golden.code,
        legal_name="Northwind Advisory Partners Limited",
        website="https://northwind.example",
        addresses=[LEEDS],
    )
    return first, second


@pytest.fixture
def firm(db: None) -> Firm:
    """Two clients that may be one, an engagement, a quarantined record, an unmapped value."""
    configuration.forget()
    catalogue.forget()
    for code in ("crm", "erp", "psa"):
        System.objects.create(code=code, name=code.upper())
    configuration.touch()
    first, second = clients()
    project = send(
        "psa", "engagement", "J-1", name="Audit 2026", client={"system": "crm", "source_id": "A-1"}
    )
    send("psa", "client", "P-2", client_status="warm")
    send("crm", "client", "A-2", legal_name="Quillfeather & Moss", client_status="luke-warm")
    assert first.golden
    assert second.golden
    assert project.golden
    return Firm(
        Golden.objects.get(pk=first.golden.pk),
        Golden.objects.get(pk=second.golden.pk),
        Golden.objects.get(pk=project.golden.pk),
        Review.objects.get(),
    )


SignIn = Callable[[str], Browser]


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """A browser in which a member of the group is signed in."""

    def signed_in(group: str) -> Browser:
        user = User.objects.create(username=f"a-{group}", is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        browser = Browser()
        browser.force_login(user)
        return browser

    return signed_in
