"""Side by side: differences, trust, picks, what would follow, what should give pause."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from canonical.models import Golden, Merge
from tests.factories.firm import Firm, SignIn, send

pytestmark = pytest.mark.django_db


def form(firm: Firm, **more: Any) -> dict[str, Any]:
    both = {"golden": [str(firm.acme.pk), str(firm.twin.pk)], "survivor": str(firm.acme.pk)}
    return {**both, "reason": "one firm", **more}


def survivor(browser: Browser, firm: Firm, **more: Any) -> str:
    answer = browser.post(reverse("console:survivor"), form(firm, **more))
    assert answer.status_code == 200
    return answer.content.decode()


def merged(browser: Browser, firm: Firm, **more: Any) -> Golden:
    browser.post(reverse("console:merge"), form(firm, step="confirm", **more))
    return Golden.objects.get(pk=firm.acme.pk)


def told(text: str, attribute: str) -> str:
    found = re.search(f'data-of="{attribute}">(.*?)</div>', text, re.DOTALL)
    assert found
    return found[1].strip()


def test_the_page_shows_differences_or_all_with_trust(firm: Firm, sign_in: SignIn) -> None:
    browser, ids = sign_in("steward"), [str(firm.acme.pk), str(firm.twin.pk)]
    differences = browser.get(reverse("console:compare", query={"golden": ids})).content.decode()
    everything = browser.get(reverse("console:compare", query={"golden": ids, "all": ""}))
    assert re.search(r"crm \d+</span>", differences)
    assert "All attributes (" in differences
    assert len(everything.content) > len(differences)
    for words in ("1 engagement", firm.engagement.code):
        assert words in differences


def test_the_survivor_is_shown_as_it_would_be_and_nothing_is_written(
    firm: Firm, sign_in: SignIn
) -> None:
    browser = sign_in("steward")
    text = survivor(browser, firm)
    assert told(text, "legal_name") == "Northwind Advisory Partners Ltd"
    assert firm.twin.code in text
    picked = {"pick:legal_name": str(firm.twin.pk)}
    assert told(survivor(browser, firm, **picked), "legal_name") == "Northwind Advisory"
    typed = {**picked, "typed:legal_name": "Northwind Group"}
    assert told(survivor(browser, firm, **typed), "legal_name") == "Northwind Group"
    assert not Merge.objects.exists()


def test_a_pick_holds_with_its_reason_and_falls_with_the_undo(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    golden = merged(browser, firm, **{"pick:legal_name": str(firm.twin.pk)})
    assert golden.client.legal_name == "Northwind Advisory"
    page = browser.get(reverse("admin:canonical_golden_change", args=[golden.pk])).content.decode()
    assert "one firm" in page
    undo = reverse("console:undo", args=[Merge.objects.get().pk])
    browser.post(undo, {"step": "confirm", "reason": "two"})
    golden = Golden.objects.get(pk=golden.pk)
    assert golden.client.legal_name == "Northwind Advisory Partners Ltd"


def test_references_and_lists_are_picked_too(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    parent = send("crm", "client", "A-5", legal_name="Quillfeather Holdings")
    assert parent.golden
    send("crm", "client", "A-1", legal_name="Northwind Advisory Partners Ltd")
    send("psa", "client", "P-1", legal_name="Northwind Advisory")
    picks = {
        "typed:parent": parent.golden.code,
        "pick:addresses": str(firm.twin.pk),
    }
    golden = merged(browser, firm, **picks)
    assert golden.client.parent_id == parent.golden.pk
    assert golden.client.addresses == firm.twin.client.addresses


def test_a_decided_question_takes_the_picks_along(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    picks = {"typed:legal_name": "Northwind Group", "decision": "match", "version": 1}
    browser.post(reverse("console:decide", args=[firm.review.pk]), form(firm, **picks))
    assert Golden.objects.get(pk=firm.acme.pk).client.legal_name == "Northwind Group"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"pick:nonsense": "x"}, "nonsense cannot be picked"),
        ({"typed:bank_accounts": "[]"}, "bank_accounts cannot be picked"),
        ({"pick:legal_name": "elsewhere"}, "none of these records"),
        ({"typed:tax_exempt": "perhaps"}, "tax_exempt: yes or no"),
        ({"typed:currency": "money"}, "currency: An ISO 4217"),
        ({"survivor": "nonsense"}, "names no record"),
    ],
)
def test_a_bad_pick_is_refused_in_words(
    firm: Firm, sign_in: SignIn, more: dict[str, str], said: str
) -> None:
    browser = sign_in("steward")
    assert said in survivor(browser, firm, **more)
    answer = browser.post(reverse("console:merge"), form(firm, step="confirm", **more), follow=True)
    assert said in answer.content.decode()
    assert not Merge.objects.exists()


def test_a_person_who_said_no_is_named(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    no = {"decision": "no_match", "reason": "a spin-off", "version": 1}
    browser.post(reverse("console:decide", args=[firm.review.pk]), no)
    ids = [str(firm.acme.pk), str(firm.twin.pk)]
    text = browser.get(reverse("console:compare", query={"golden": ids})).content.decode()
    assert "that they are not the same: a spin-off." in text


def test_who_may_not_merge_is_offered_no_picks(firm: Firm, sign_in: SignIn) -> None:
    ids = [str(firm.acme.pk), str(firm.twin.pk)]
    text = sign_in("auditor").get(reverse("console:compare", query={"golden": ids}))
    assert "pick:" not in text.content.decode()
    assert sign_in("finance").post(reverse("console:survivor"), form(firm)).status_code == 403
