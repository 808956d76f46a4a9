"""Sign-in through an identity provider that really listens, beside local accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.conf import settings as hub_settings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from canonical.models import AuditEntry, User
from mdm import (
    environment,
    urls,  # noqa: F401 read before a test switches it on
)
from tests.factories.provider import Provider

pytestmark = pytest.mark.django_db
ADA = {
    "sub": "a-1", "preferred_username": "ada", "given_name": "Ada", "family_name": "Stern",
    "email": "ada@example.com", "groups": ["mdm-stewards", "everyone"],
}  # fmt: skip


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    with Provider() as running:
        for name, value in running.settings().items():
            setattr(settings, name, value)
        settings.OIDC_GROUPS = {"mdm-stewards": "steward"}
        settings.ROOT_URLCONF = "tests.mdm.oidc_urls"
        settings.AUTHENTICATION_BACKENDS = [
            *hub_settings.AUTHENTICATION_BACKENDS, "mdm.signin.ProviderBackend",
        ]  # fmt: skip
        settings.MIDDLEWARE = [
            *hub_settings.MIDDLEWARE, "mozilla_django_oidc.middleware.SessionRefresh",
        ]  # fmt: skip
        running.claims = dict(ADA)
        yield running


def sign_in(browser: Browser, **query: str) -> Any:
    """What a browser does: to the provider, and back with what it says."""
    begun = browser.get("/oidc/authenticate/", query)
    there = requests.get(begun["Location"], allow_redirects=False, timeout=5)
    back = there.headers["Location"].removeprefix("http://testserver")
    return browser.get(back)


def test_a_person_comes_in_with_the_groups_the_provider_gives(provider: Provider) -> None:
    browser = Browser()
    assert "Sign in with Acme ID" in browser.get(reverse("admin:login")).content.decode()
    answer = sign_in(browser, next=reverse("console:queue"))
    assert answer["Location"] == reverse("console:queue")
    ada = User.objects.get()
    assert (ada.username, ada.first_name, ada.is_staff, ada.is_superuser) == (
        "ada", "Ada", True, False,
    )  # fmt: skip
    assert [group.name for group in ada.groups.all()] == ["steward"]
    assert not ada.has_usable_password()
    assert browser.get(reverse("console:queue")).status_code == 200
    entry = AuditEntry.objects.get()
    assert (entry.kind, entry.facts) == ("roles", {"before": [], "after": ["steward"]})


def test_groups_follow_the_provider_at_each_sign_in(provider: Provider) -> None:
    sign_in(Browser())
    provider.claims |= {"groups": ["auditor"], "family_name": "Stern-Quill"}
    sign_in(Browser())
    ada = User.objects.get()
    assert [group.name for group in ada.groups.all()] == ["auditor"]
    assert ada.last_name == "Stern-Quill"


def test_a_nested_claim_and_paths_of_groups_are_read(
    provider: Provider, settings: Settings
) -> None:
    settings.OIDC_GROUPS_CLAIM = "realm_access.roles"
    provider.claims |= {"realm_access": {"roles": ["/firm/finance"]}}
    sign_in(Browser())
    assert [group.name for group in User.objects.get().groups.all()] == ["finance"]


def test_a_local_account_of_the_same_name_is_not_taken_over(provider: Provider) -> None:
    local = User.objects.create_user("ada", email="ada@example.com", password="x", is_staff=True)
    sign_in(Browser())
    local.refresh_from_db()
    assert local.subject is None
    assert sorted(User.objects.values_list("username", flat=True)) == ["ada", "ada-2"]
    browser = Browser()
    assert browser.login(username="ada", password="x")
    assert browser.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [{"groups": []}, {"groups": ["everyone"]}, {"groups": None}, {"groups": ["superuser"]}],
)
def test_who_has_none_of_our_groups_stays_out(provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims |= claims
    browser = Browser()
    answer = sign_in(browser)
    assert answer["Location"].startswith("/admin/login/?refused")
    assert not User.objects.exists()
    assert "gives you no group" in browser.get(answer["Location"]).content.decode()


def test_one_who_was_made_inactive_stays_out(provider: Provider) -> None:
    sign_in(Browser())
    User.objects.update(is_active=False)
    browser = Browser()
    sign_in(browser)
    assert browser.get(reverse("admin:index")).status_code == 302


@pytest.mark.parametrize(
    "spoil",
    [
        {"aud": "another-client"},
        {"iss": "https://elsewhere.example"},
        {"nonce": "replayed"},
        {"sub": "somebody else"},
        {"exp": 1_000_000_000},
    ],
)
def test_a_token_that_is_not_for_us_lets_nobody_in(
    provider: Provider, spoil: dict[str, Any]
) -> None:
    provider.spoil = spoil
    browser = Browser(raise_request_exception=False)
    sign_in(browser)
    assert browser.get(reverse("admin:index")).status_code == 302
    assert not User.objects.exists()


def test_the_provider_is_asked_again_before_long(provider: Provider) -> None:
    browser = Browser()
    sign_in(browser)
    session = browser.session
    session["oidc_id_token_expiration"] = 0
    session.save()
    answer = browser.get(reverse("admin:index"))
    assert answer["Location"].startswith(f"{provider.url}/authorize")
    assert "prompt=none" in answer["Location"]


def test_switched_off_nothing_of_it_is_there() -> None:
    text = Browser().get(reverse("admin:login")).content.decode()
    assert "Sign in with" not in text
    assert Browser().get("/oidc/authenticate/").status_code == 404


def test_half_a_configuration_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="ASSAY_OIDC_ISSUER"):
        environment.identity_provider("")
    monkeypatch.setenv("ASSAY_OIDC_CLIENT_ID", "x")
    with pytest.raises(ImproperlyConfigured, match="ASSAY_OIDC_CLIENT_SECRET"):
        environment.identity_provider("https://id.example")
