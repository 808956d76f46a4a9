"""Each group sees its own: every page of the console against every group that ships."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.urls import get_resolver, resolve, reverse
from django.utils import timezone

from canonical.admin.base import _UNMASKED  # the session's key, to let time pass
from canonical.models import AuditEntry, SourceRecord
from tests.factories.firm import Firm, SignIn

pytestmark = pytest.mark.django_db
GROUPS = ("steward", "finance", "integrator", "auditor", "admin")
EVERYONE = set(GROUPS)
IBAN = "GB33BUKB20201555555555"

# Pages that not everyone may see; a page that is missing here is everyone's.
PAGES = {
    "onboarding": {"admin"},
    "mapping": {"admin"},
    "loads": {"integrator", "admin"},
    "new_load": {"integrator", "admin"},
}
DEEDS = {"act", "decide_all", "save_view", "merge", "compare", "survivor", "undo_all"}
LISTS = {
    "canonical.credential": EVERYONE,
    "canonical.user": {"admin"},
    "auth.group": {"admin"},
    "canonical.auditentry": {"auditor", "admin"},
}


def _console_pages() -> list[str]:
    """Every page of the console that needs no argument and answers to GET."""
    console: Any = get_resolver("mdm.console.urls")
    names = {p.name for p in console.url_patterns if p.name and not p.pattern.converters}
    return sorted(names - DEEDS)


@pytest.mark.parametrize("group", GROUPS)
def test_console_pages_open_for_those_they_are_for(firm: Firm, sign_in: SignIn, group: str) -> None:
    browser = sign_in(group)
    told = {name: browser.get(reverse(f"console:{name}")).status_code for name in _console_pages()}
    wrong = {
        name: status
        for name, status in told.items()
        if (status in (200, 302)) != (group in PAGES.get(name, EVERYONE))
    }
    assert not wrong


@pytest.mark.parametrize("group", GROUPS)
def test_lists_open_for_those_they_are_for(firm: Firm, sign_in: SignIn, group: str) -> None:
    browser = sign_in(group)
    wrong = {}
    for model in admin.site._registry:
        label = model._meta.label_lower
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        status = browser.get(address).status_code
        if (status == 200) != (group in LISTS.get(label, EVERYONE)):
            wrong[label] = status
    assert not wrong


@pytest.mark.parametrize("group", GROUPS)
def test_the_menu_leads_nowhere_that_is_shut(firm: Firm, sign_in: SignIn, group: str) -> None:
    """By the two tables above, which the two tests above hold to what pages answer."""
    groups: Any = sign_in(group).get(reverse("admin:index")).context["sidebar_navigation"]
    links = [str(item["link"]) for each in groups for item in each["items"]]
    assert len(links) > 20
    shut = [link for link in links if group not in _audience(link)]
    assert not shut


def _audience(link: str) -> set[str]:
    name = str(resolve(link).url_name)
    if name.endswith("_changelist"):
        return LISTS.get(name.removesuffix("_changelist").replace("_", ".", 1), EVERYONE)
    return PAGES.get(name, EVERYONE)


def page_of(firm: Firm) -> str:
    return reverse("admin:canonical_client_change", args=[firm.acme.pk])


def test_values_are_masked_until_someone_with_the_grant_says_why(
    firm: Firm, sign_in: SignIn
) -> None:
    browser, page = sign_in("finance"), page_of(firm)
    record = reverse(
        "admin:canonical_sourcerecord_change",
        args=[SourceRecord.objects.get(source_id="A-1").pk],
    )
    assert IBAN not in browser.get(page).content.decode()
    assert IBAN not in browser.get(record).content.decode()
    unmask = reverse("console:unmask", args=[firm.acme.pk])
    answer = browser.post(unmask, {"reason": "", "back": page}, follow=True)
    assert "Say why" in answer.content.decode()
    assert not AuditEntry.objects.exists()
    answer = browser.post(unmask, {"reason": "a refund is due", "back": page}, follow=True)
    assert IBAN in answer.content.decode()
    assert IBAN in browser.get(record).content.decode()
    entry = AuditEntry.objects.get()
    assert (entry.kind, entry.reason, entry.golden) == ("unmasked", "a refund is due", firm.acme)
    text = sign_in("auditor").get(reverse("admin:canonical_auditentry_changelist"))
    assert "a refund is due" in text.content.decode()


def test_it_ends_by_itself_and_holds_for_one_record(firm: Firm, sign_in: SignIn) -> None:
    browser, page = sign_in("finance"), page_of(firm)
    browser.post(reverse("console:unmask", args=[firm.twin.pk]), {"reason": "why"})
    assert IBAN not in browser.get(page).content.decode()
    browser.post(reverse("console:unmask", args=[firm.acme.pk]), {"reason": "why"})
    assert IBAN in browser.get(page).content.decode()
    session = browser.session
    over = (timezone.now() - timedelta(seconds=1)).isoformat()
    session[_UNMASKED] = {str(firm.acme.pk): over}
    session.save()
    assert IBAN not in browser.get(page).content.decode()


@pytest.mark.parametrize("group", ["steward", "integrator"])
def test_without_the_grant_there_is_no_asking(firm: Firm, sign_in: SignIn, group: str) -> None:
    browser = sign_in(group)
    assert "Why you need to see them" not in browser.get(page_of(firm)).content.decode()
    unmask = reverse("console:unmask", args=[firm.acme.pk])
    assert browser.post(unmask, {"reason": "curious"}).status_code == 403
    assert not AuditEntry.objects.exists()
