"""Why, or why not: any two records, by every name they have."""

from __future__ import annotations

import pytest
from django.test import Client as Browser
from django.urls import reverse

from tests.factories.firm import Firm, SignIn, send

pytestmark = pytest.mark.django_db


def why(browser: Browser, a: str, b: str) -> str:
    answer = browser.get(reverse("console:why", query={"a": a, "b": b}))
    assert answer.status_code == 200
    return answer.content.decode()


def test_two_golden_records_are_told_apart_in_words(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("auditor")
    for a, b in (
        (firm.acme.code, firm.twin.code),
        (str(firm.acme.pk), firm.twin.code.lower()),
        ("crm/A-1", "psa/P-1"),
    ):
        text = why(browser, a, b)
        for words in ("two golden records", "A person is being asked", "They meet under", "Model"):
            assert words in text, (a, b)
        assert "a person is asked" in text


def test_records_of_one_golden_record_say_since_when(firm: Firm, sign_in: SignIn) -> None:
    text = why(sign_in("auditor"), "crm/A-1", "erp/E-1")
    assert f"They are one golden record, {firm.acme.code}" in text
    assert "declared by the source" in text


def test_strangers_are_never_compared(firm: Firm, sign_in: SignIn) -> None:
    send("crm", "client", "Z-1", legal_name="Zymurgy", website="https://zymurgy.example")
    text = why(sign_in("auditor"), "crm/Z-1", firm.acme.code)
    assert "They share no key" in text
    assert "below" in text


def test_a_person_s_word_is_quoted(firm: Firm, sign_in: SignIn) -> None:
    no = {"decision": "no_match", "reason": "a spin-off", "version": 1}
    browser = sign_in("steward")
    browser.post(reverse("console:decide", args=[firm.review.pk]), no)
    assert "that they are not the same: a spin-off. Automation follows." in why(
        browser, firm.acme.code, firm.twin.code
    )


def test_what_cannot_be_compared_is_refused_in_words(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("auditor")
    assert "There is no record CL-999999" in why(browser, "CL-999999", firm.acme.code)
    assert "different entities" in why(browser, firm.engagement.code, firm.acme.code)
    assert browser.get(reverse("console:why")).status_code == 200


def test_a_question_shows_who_else_it_could_be(firm: Firm, sign_in: SignIn) -> None:
    send("crm", "client", "A-8", legal_name="Northwind Advisory Leeds", website="https://n.example")
    text = sign_in("steward").get(reverse("console:review", args=[firm.review.pk]))
    for words in ("Who else it could be", "runner-up"):
        assert words in text.content.decode()
