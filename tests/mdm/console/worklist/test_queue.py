"""The worklist: its order, its filters, what is done with several items at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from canonical.models import AuditEntry, Decision, Merge, User, WorkItem
from canonical.worklist import WITHIN
from mdm.models import SavedView
from tests.factories.firm import Firm, SignIn

pytestmark = pytest.mark.django_db


def worklist(browser: Browser, **query: str) -> str:
    answer = browser.get(reverse("console:queue", query=query))
    assert answer.status_code == 200
    return answer.content.decode()


def do(browser: Browser, deed: str, **form: Any) -> str:
    return browser.post(reverse(f"console:{deed}"), form, follow=True).content.decode()


def places(text: str, *words: str) -> list[int]:
    return [text.index(word) for word in words]


def test_value_at_risk_comes_first_then_what_is_due(firm: Firm, sign_in: SignIn) -> None:
    now, items = timezone.now(), WorkItem.objects
    items.filter(kind="unmapped_value").update(value_at_risk=900, due=now + timedelta(days=3))
    items.filter(kind="possible_match").update(value_at_risk=100, due=now + timedelta(days=2))
    items.filter(kind="quarantined").update(value_at_risk=100, due=now - timedelta(hours=1))
    text = worklist(sign_in("steward"))
    ordered = places(text, "luke-warm for", ">psa/client/P-2", "Northwind Advisory /")
    assert ordered == sorted(ordered)
    due = worklist(sign_in("auditor"), order="due")
    assert due.index(">psa/client/P-2") < due.index("luke-warm for")


def test_each_item_tells_why_it_is_there(firm: Firm, sign_in: SignIn) -> None:
    text = worklist(sign_in("steward"), kind="possible_match")
    for words in (firm.acme.code, firm.twin.code, "the best candidate", "+", "crm", "psa"):
        assert words in text


def test_a_new_item_has_a_clock(firm: Firm) -> None:
    for item in WorkItem.objects.all():
        assert item.due == item.opened_at + WITHIN[item.kind]  # type: ignore[index]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind": "possible_match"}, {"possible_match"}),
        ({"system": "psa"}, {"possible_match", "quarantined"}),
        ({"q": "luke"}, {"unmapped_value"}),
        ({"late": "1"}, {"quarantined"}),
        ({"who": "me"}, set()),
        (
            {"who": "nobody", "entity": "client"},
            {"possible_match", "quarantined", "unmapped_value"},
        ),
        (
            {"order": "nonsense", "who": "nonsense"},
            {"possible_match", "quarantined", "unmapped_value"},
        ),
    ],
)
def test_filters_narrow(
    firm: Firm, sign_in: SignIn, query: dict[str, str], found: set[str]
) -> None:
    late = timezone.now() - timedelta(minutes=1)
    WorkItem.objects.filter(kind="quarantined").update(due=late)
    text = worklist(sign_in("steward"), **query)
    shown = {kind for pk, kind in WorkItem.objects.values_list("pk", "kind") if str(pk) in text}
    assert shown == found


def test_work_is_given_to_someone_put_off_and_given_back(firm: Firm, sign_in: SignIn) -> None:
    browser, item = sign_in("steward"), WorkItem.objects.get(kind="possible_match")
    sign_in("auditor")
    auditor, steward = (
        User.objects.get(username="a-auditor"),
        User.objects.get(username="a-steward"),
    )
    assert "Choose who" in do(browser, "act", item=item.pk, act="assign", assignee=auditor.pk)
    do(browser, "act", item=item.pk, act="assign", assignee=steward.pk)
    item.refresh_from_db()
    assert item.assignee == steward
    assert str(item.pk) in worklist(browser, who=str(steward.pk))
    do(browser, "act", item=item.pk, act="release")
    do(browser, "act", item=item.pk, act="snooze", days="30")
    item.refresh_from_db()
    assert item.assignee is None
    assert item.snoozed_until
    assert item.snoozed_until > timezone.now() + timedelta(days=29)
    assert "Choose until when" in do(browser, "act", item=item.pk, act="snooze", days="x")


def test_what_nothing_else_closes_is_closed_with_a_reason(firm: Firm, sign_in: SignIn) -> None:
    browser, item = sign_in("steward"), WorkItem.objects.get(kind="quarantined")
    assert "Say why" in do(browser, "act", item=item.pk, act="close")
    assert "closes by itself" in do(browser, "act", item=item.pk, act="close", reason="enough")
    WorkItem.objects.filter(pk=item.pk).update(kind="version_conflict")
    assert "1 item closed" in do(browser, "act", item=item.pk, act="close", reason="a migration")
    item.refresh_from_db()
    assert (item.state, AuditEntry.objects.get().reason) == ("done", "a migration")


def test_several_are_answered_at_once_after_a_look(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    items = list(WorkItem.objects.values_list("pk", flat=True))
    text = do(browser, "decide_all", item=items, decision="match")
    assert "Nothing has been changed yet" in text
    assert "active → merged" in text
    assert not Merge.objects.exists()
    assert not Decision.objects.exists()
    text = do(browser, "decide_all", item=items, decision="match", step="confirm", reason="same")
    assert "1 item answered" in text
    assert Merge.objects.get().reason == "same"
    assert reverse("console:undo", args=[Merge.objects.get().pk]) in worklist(browser)
    assert "at least one question" in do(browser, "decide_all", item=items, decision="match")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"decision": "perhaps"}, "Choose the same"),
        ({"decision": "match", "step": "confirm"}, "Say why"),
    ],
)
def test_a_bad_answer_to_several_is_refused_in_words(
    firm: Firm, sign_in: SignIn, form: dict[str, str], said: str
) -> None:
    items = list(WorkItem.objects.values_list("pk", flat=True))
    assert said in do(sign_in("steward"), "decide_all", item=items, **form)
    assert not Merge.objects.exists()


def test_a_view_is_kept_shared_and_forgotten(firm: Firm, sign_in: SignIn) -> None:
    browser, other = sign_in("steward"), sign_in("auditor")
    do(browser, "save_view", name="My firm", query="entity=client&who=me", shared="1")
    do(browser, "save_view", name="Late", query="late=1")
    assert 'href="?entity=client&amp;who=me"' in worklist(other)
    assert (
        "Late" not in worklist(other, kind="quarantined").split("Saved views")[1].split("</div>")[0]
    )
    view = SavedView.objects.get(name="My firm")
    do(other, "save_view", forget=view.pk)
    assert SavedView.objects.filter(pk=view.pk).exists()
    do(browser, "save_view", forget=view.pk)
    assert not SavedView.objects.filter(pk=view.pk).exists()
    assert "Give the view a name" in do(browser, "save_view", name=" ")
