"""Undo: a tree of merges, one, a branch or all of it; what came later finds its side."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from canonical.golden.verification import verify
from canonical.identity import decisions
from canonical.models import Golden, Link, Merge, SourceRecord
from tests.factories.firm import LEEDS, Firm, SignIn, send

pytestmark = pytest.mark.django_db


def do(browser: Browser, name: str, *args: Any, **form: Any) -> str:
    return browser.post(reverse(f"console:{name}", args=args), form, follow=True).content.decode()


def client(source_id: str, name: str) -> Golden:
    answer = send("crm", "client", source_id, legal_name=name)
    assert answer.golden
    return Golden.objects.get(pk=answer.golden.pk)


def merge(browser: Browser, survivor: Golden, absorbed: Golden) -> Merge:
    both = {"golden": [survivor.pk, absorbed.pk], "survivor": survivor.pk}
    do(browser, "merge", **both, step="confirm", reason="one firm")
    return Merge.objects.get(absorbed=absorbed, undone_at=None)


def linked(golden: Golden) -> set[str]:
    links = Link.objects.filter(golden=golden, until__isnull=True)
    return set(links.values_list("record__source_id", flat=True))


@pytest.fixture
def tree(firm: Firm, sign_in: SignIn) -> tuple[Browser, list[Golden], list[Merge]]:
    """Acme has absorbed B, which had absorbed C, and D."""
    browser = sign_in("steward")
    b, c, d = client("B", "Borealis"), client("C", "Cassiopeia"), client("D", "Dorado")
    made = [merge(browser, b, c), merge(browser, firm.acme, b), merge(browser, firm.acme, d)]
    return browser, [firm.acme, b, c, d], made


def test_the_tree_tells_what_each_merge_brought(
    tree: tuple[Browser, list[Golden], list[Merge]],
) -> None:
    browser, (acme, b, c, d), _ = tree
    address = reverse("admin:canonical_golden_change", args=[acme.pk])
    text = browser.get(f"{address}?tab=merges").content.decode()
    assert text.index(b.code) < text.index(c.code) < text.index(d.code)
    assert "depth-2" in text
    assert "crm C</span>" in text
    assert "Undo all 3" in text


def test_a_branch_is_undone_with_all_below_it(
    tree: tuple[Browser, list[Golden], list[Merge]],
) -> None:
    browser, (acme, b, c, d), (_, into_acme, _) = tree
    text = do(browser, "undo_all", merge=into_acme.pk)
    assert "Undo 2 merges: what will happen" in text
    assert linked(acme) == {"A-1", "E-1", "B", "C", "D"}
    do(browser, "undo_all", merge=into_acme.pk, step="confirm", reason="three firms")
    assert [linked(g) for g in (acme, b, c, d)] == [{"A-1", "E-1", "D"}, {"B"}, {"C"}, set()]
    assert Merge.objects.filter(undone_at=None).count() == 1
    assert not list(verify())


def test_all_are_undone_and_kept_apart(tree: tuple[Browser, list[Golden], list[Merge]]) -> None:
    browser, goldens, made = tree
    before = {g.pk: linked(g) for g in goldens}
    assert before
    do(browser, "undo_all", merge=[m.pk for m in made], step="confirm", reason="four firms")
    assert [linked(g) for g in goldens] == [{"A-1", "E-1"}, {"B"}, {"C"}, {"D"}]
    acme, b, c, d = (g.pk for g in goldens)
    assert {frozenset((acme, b)), frozenset((b, c)), frozenset((acme, d))} <= decisions.apart(
        [acme, b, c, d]
    )
    assert not list(verify())
    late = do(browser, "undo_all", merge=[m.pk for m in made], step="confirm", reason="again")
    assert "no such merge" in late


def test_a_choice_is_needed(tree: tuple[Browser, list[Golden], list[Merge]]) -> None:
    assert "Choose at least one merge." in do(tree[0], "undo_all", step="preview")


def test_what_surely_belongs_is_laid_to_its_side(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    other: dict[str, Any] = {
        "website": "https://borealis.example",
        "addresses": [{**LEEDS, "lines": ["9 Elm"]}],
    }
    made = send("crm", "client", "B", legal_name="Borealis Surveyors", **other)
    assert made.golden
    b = Golden.objects.get(pk=made.golden.pk)
    row = merge(browser, firm.acme, b)
    send("psa", "client", "B-2", same_as=b.code, legal_name="Borealis Surveyors", **other)
    late = SourceRecord.objects.get(source_id="B-2")
    text = browser.get(reverse("console:undo", args=[row.pk])).content.decode()
    assert f'value="{b.pk}" checked' in text
    assert "came since" in text
    form = {f"allocate:{late.pk}": str(b.pk)}
    do(browser, "undo", row.pk, step="confirm", reason="two firms", **form)
    assert linked(b) == {"B", "B-2"}


def test_a_pin_made_since_goes_where_it_is_sent(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    b = client("B", "Borealis")
    row = merge(browser, firm.acme, b)
    for path, value in (("legal_name", "Borealis plc"), ("trading_name", "Northwind")):
        do(browser, "pin", firm.acme.pk, path=path, value=value, reason="register")
    text = browser.get(reverse("console:undo", args=[row.pk])).content.decode()
    assert 'name="give:legal_name"' in text
    given = {"give:legal_name": "1", "reason": "two firms", "step": "confirm"}
    do(browser, "undo", row.pk, **given)
    b, acme = Golden.objects.get(pk=b.pk), Golden.objects.get(pk=firm.acme.pk)
    assert b.client.legal_name == "Borealis plc"
    assert acme.client.legal_name == "Northwind Advisory Partners Ltd"
    assert acme.client.trading_name == "Northwind"
    page = browser.get(reverse("admin:canonical_golden_change", args=[b.pk])).content.decode()
    assert "Pinned by a-steward" in page
    assert not list(verify())


def test_a_pin_that_is_not_there_cannot_be_given(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    row = merge(browser, firm.acme, firm.twin)
    given = {"give:legal_name": "1", "reason": "two firms", "step": "confirm"}
    assert "legal_name is not pinned there." in do(browser, "undo", row.pk, **given)
    assert Merge.objects.get().undone_at is None
