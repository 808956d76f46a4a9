"""Configuration in the admin: edited by administrators alone, secrets shown once."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from canonical.models import Credential, Crosswalk, System, Term, User
from tests.factories.firm import Firm, SignIn

pytestmark = pytest.mark.django_db


def test_only_administrators_configure(firm: Firm, sign_in: SignIn) -> None:
    for group in ("steward", "finance", "integrator", "auditor"):
        browser = sign_in(group)
        for model in ("crosswalk", "term", "system", "credential", "user"):
            address = reverse(f"admin:canonical_{model}_add")
            assert browser.get(address).status_code == 403, (group, model)


def test_a_crosswalk_row_is_added_for_a_word(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("admin")
    address = reverse("admin:canonical_crosswalk_add")
    form = {"system": "crm", "vocabulary": "client_status", "value": "luke-warm"}
    wrong = Term.objects.exclude(vocabulary="client_status").first()
    right = Term.objects.get(vocabulary="client_status", code="prospect")
    assert wrong
    answer = browser.post(address, {**form, "term": wrong.pk})
    assert "is a term of" in answer.content.decode()
    answer = browser.post(address, {**form, "term": right.pk}, follow=True)
    assert "1 golden record follows." in answer.content.decode()
    assert Crosswalk.objects.get().term == right


def test_a_secret_is_shown_once(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("admin")
    form = {"system": "crm", "name": "CRM feed", "scopes": ["ingest", "read"]}
    answer = browser.post(reverse("admin:canonical_credential_add"), form)
    assert "no-store" in answer.headers["Cache-Control"]
    credential = Credential.objects.get(name="CRM feed")
    found = re.search(r"Client secret</dt><dd><code>([^<]+)<", answer.content.decode())
    assert found
    page = browser.get(reverse("admin:canonical_credential_change", args=[credential.pk]))
    assert found[1] not in page.content.decode()
    rotate = reverse("admin:canonical_credential_rotate", args=[credential.pk])
    assert browser.get(rotate).status_code == 405
    assert found[1] not in browser.post(rotate).content.decode()
    revoke = reverse("admin:canonical_credential_revoke", args=[credential.pk])
    assert browser.get(revoke).status_code == 405
    assert "is revoked" in browser.post(revoke, follow=True).content.decode()
    credential.refresh_from_db()
    assert not credential.active
    assert "was revoked" in browser.post(rotate, follow=True).content.decode()


def test_a_system_keeps_its_code(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("admin")
    address = reverse("admin:canonical_system_change", args=["crm"])
    form = {"code": "other", "name": "The CRM", "kind": "crm", "order_by": "version"}
    browser.post(address, form)
    assert System.objects.get(pk="crm").name == "The CRM"
    assert not System.objects.filter(pk="other").exists()


def test_administrators_cannot_raise_themselves(sign_in: SignIn) -> None:
    browser = sign_in("admin")
    chief = User.objects.create_superuser("chief")
    address = reverse("admin:canonical_user_change", args=[chief.pk])
    assert browser.post(address, {"username": "mine"}).status_code == 403
    assert browser.post(
        reverse("admin:auth_user_password_change", args=[chief.pk])
    ).status_code in (
        403,
        302,
    )
    me = User.objects.get(username="a-admin")
    browser.post(
        reverse("admin:canonical_user_change", args=[me.pk]),
        {"username": "a-admin", "is_superuser": "on", "is_active": "on", "is_staff": "on"},
    )
    me.refresh_from_db()
    assert not me.is_superuser
