"""The console's pages on records that came through intake: what they show, what they do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from canonical.models import Golden, Link, Merge, SourceRecord, WorkItem
from matching.models import Review
from tests.factories.firm import LEEDS, Firm, SignIn, send

pytestmark = pytest.mark.django_db
TABS = (
    "profile",
    "records",
    "relations",
    "timeline",
    "quality",
    "history",
    "merges",
    "deliveries",
)


def page_of(golden: Golden, tab: str = "profile") -> str:
    return f"{reverse('admin:canonical_golden_change', args=[golden.pk])}?tab={tab}"


def read(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def do(browser: Browser, name: str, *args: Any, **form: Any) -> Any:
    return browser.post(reverse(f"console:{name}", args=args), form, follow=True)


def linked(golden: Golden) -> set[str]:
    links = Link.objects.filter(golden=golden, until__isnull=True)
    return set(links.values_list("record__source_id", flat=True))


# --- golden page


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_for_every_group(firm: Firm, sign_in: SignIn, tab: str) -> None:
    for group in ("steward", "finance", "integrator", "auditor", "admin"):
        browser = sign_in(group)
        for golden in (firm.acme, firm.twin, firm.engagement):
            assert golden.code in read(browser, page_of(golden, tab))


def test_profile_tells_source_rule_and_losing_value(firm: Firm, sign_in: SignIn) -> None:
    text = read(sign_in("steward"), page_of(firm.acme))
    assert "Northwind Advisory Partners Ltd" in text
    assert "Northwind Advisory Partners Limited" in text
    assert "The value of the most trusted system wins." in text
    assert "bank_accounts" in text
    assert "GB33BUKB" not in text


def test_restricted_values_need_the_grant(firm: Firm, sign_in: SignIn) -> None:
    steward = sign_in("steward")
    record = SourceRecord.objects.get(source_id="A-1")
    for address in (
        *(page_of(firm.acme, tab) for tab in TABS),
        reverse("admin:canonical_sourcerecord_change", args=[record.pk]),
        reverse("console:review", args=[firm.review.pk]),
        reverse("admin:canonical_change_change", args=[firm.acme.changes.first().pk]),  # type: ignore[union-attr]
    ):
        assert "GB33BUKB" not in read(steward, address), address


def test_a_pin_stands_above_the_systems_until_it_is_taken_back(firm: Firm, sign_in: SignIn) -> None:
    browser, golden = sign_in("steward"), firm.acme
    form = {"path": "legal_name", "value": "Northwind plc", "version": golden.version}
    do(browser, "pin", golden.pk, reason="the register says so", **form)
    assert golden.client.legal_name == "Northwind plc"
    assert "the register says so" in read(browser, page_of(golden))
    golden.refresh_from_db()
    do(browser, "unpin", golden.pk, path="legal_name", reason="gone", version=golden.version)
    golden = Golden.objects.get(pk=golden.pk)
    assert golden.client.legal_name == "Northwind Advisory Partners Ltd"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"path": "legal_name", "value": "x"}, "Say why"),
        ({"path": "nonsense", "value": "x", "reason": "r"}, "no attribute"),
        ({"path": "currency", "value": "money", "reason": "r"}, "urrency"),
        ({"path": "addresses", "value": "{", "reason": "r"}, "JSON is expected"),
        ({"path": "bank_accounts", "value": "[]", "reason": "r"}, "restricted"),
        ({"path": "legal_name", "value": "x", "reason": "r", "expires_at": "soon"}, "a day such"),
        ({"path": "legal_name", "value": "x", "reason": "r", "version": "99"}, "is at version"),
        ({"path": "legal_name", "value": "x", "reason": "r" * 501}, "at most 500"),
    ],
)
def test_a_bad_pin_is_refused_in_words(
    firm: Firm, sign_in: SignIn, form: dict[str, str], said: str
) -> None:
    version = firm.acme.version
    back = page_of(firm.acme)
    answer = do(sign_in("steward"), "pin", firm.acme.pk, **form, back=back)
    assert answer.redirect_chain[0][0] == back
    assert said in answer.content.decode()
    firm.acme.refresh_from_db()
    assert firm.acme.version == version


def test_source_data_is_escaped(firm: Firm, sign_in: SignIn) -> None:
    evil = '"><script>alert(1)</script>{{ 7 }}'
    answer = send("crm", "client", "<b>A-9</b>", legal_name=evil, addresses=[LEEDS])
    assert answer.golden
    golden = Golden.objects.get(pk=answer.golden.pk)
    browser = sign_in("admin")
    record = SourceRecord.objects.get(source_id="<b>A-9</b>")
    for address in (
        *(page_of(golden, tab) for tab in TABS),
        reverse("admin:canonical_client_changelist"),
        reverse("admin:canonical_sourcerecord_changelist"),
        reverse("admin:canonical_sourcerecord_change", args=[record.pk]),
    ):
        text = read(browser, address)
        assert "<script>alert" not in text
        assert "<b>A-9" not in text


def test_an_unknown_record_is_not_found(sign_in: SignIn) -> None:
    address = reverse("admin:canonical_client_change", args=[UUID(int=0)])
    assert sign_in("steward").get(address).status_code == 404


def test_pages_ask_for_a_sign_in(firm: Firm) -> None:
    for address in (page_of(firm.acme), reverse("console:queue"), reverse("admin:index")):
        assert "/admin/login/" in Browser().get(address).headers["Location"]


# --- worklist and review


def test_the_worklist_names_what_waits(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    text = read(browser, reverse("console:queue"))
    for words in ("possible match", "quarantined record", "unmapped value", "luke-warm"):
        assert words in text
    narrowed = read(browser, reverse("console:queue", query={"kind": "possible_match"}))
    assert "luke-warm" not in narrowed


def test_each_item_opens_where_it_is_worked(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("admin")
    for item in WorkItem.objects.all():
        answer = browser.get(reverse("console:open", args=[item.pk]), follow=True)
        assert answer.status_code == 200, item


def test_items_are_assigned_put_off_and_taken_up(firm: Firm, sign_in: SignIn) -> None:
    browser, item = sign_in("steward"), WorkItem.objects.get(kind="possible_match")
    do(browser, "act", item=str(item.pk), act="claim")
    assert str(item.pk) in read(browser, reverse("console:queue", query={"who": "me"}))
    do(browser, "act", item=str(item.pk), act="snooze")
    assert str(item.pk) not in read(browser, reverse("console:queue"))
    assert str(item.pk) in read(browser, reverse("console:queue", query={"who": "put-off"}))
    do(browser, "act", item=str(item.pk), act="wake")
    assert str(item.pk) in read(browser, reverse("console:queue"))


def test_a_review_shows_both_sides_and_the_evidence(firm: Firm, sign_in: SignIn) -> None:
    text = read(sign_in("steward"), reverse("console:review", args=[firm.review.pk]))
    for words in (firm.acme.code, firm.twin.code, "As one they would say", "waterfall", "≠"):
        assert words in text


def test_confirming_a_review_merges_and_says_how_to_undo(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    answer = do(browser, "decide", firm.review.pk, decision="match", reason="same site", version=1)
    merge = Merge.objects.get()
    assert merge.reason == "same site"
    assert reverse("console:undo", args=[merge.pk]) in answer.content.decode()
    assert linked(firm.acme) == {"A-1", "E-1", "P-1"}
    assert not WorkItem.objects.filter(kind="possible_match", state="open").exists()
    again = do(browser, "decide", firm.review.pk, decision="no_match", reason="late", version=1)
    assert "is at version" in again.content.decode()


def test_rejecting_keeps_apart_and_deferring_leaves_open(firm: Firm, sign_in: SignIn) -> None:
    browser, review = sign_in("steward"), firm.review
    do(browser, "decide", review.pk, decision="defer", reason="ask them", version=1)
    review.refresh_from_db()
    assert (review.state, review.reason) == ("open", "ask them")
    do(browser, "decide", review.pk, decision="no_match", reason="a spin-off", version=2)
    review.refresh_from_db()
    assert review.decision == "no_match"
    assert linked(firm.twin) == {"P-1"}


def test_only_stewards_decide(firm: Firm, sign_in: SignIn) -> None:
    for group in ("finance", "integrator", "auditor"):
        browser = sign_in(group)
        for name, args in (
            ("decide", [firm.review.pk]),
            ("merge", []),
            ("split", [firm.acme.pk]),
            ("pin", [firm.acme.pk]),
            ("act", []),
        ):
            assert do(browser, name, *args).status_code == 403
    assert Review.objects.get().state == "open"


# --- merge, undo, split


def both(firm: Firm) -> dict[str, Any]:
    return {"golden": [str(firm.acme.pk), str(firm.twin.pk)], "survivor": str(firm.acme.pk)}


def test_a_merge_is_previewed_done_and_undone(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    text = do(browser, "merge", **both(firm), step="preview").content.decode()
    assert "Nothing has been changed yet" in text
    assert "active → merged" in text
    assert not Merge.objects.exists()
    do(browser, "merge", **both(firm), step="confirm", reason="one firm")
    merge = Merge.objects.get()
    assert linked(firm.acme) == {"A-1", "E-1", "P-1"}
    assert firm.twin.code in read(browser, page_of(firm.acme, "merges"))
    assert "it answers with" in read(browser, page_of(firm.twin))
    preview = read(browser, reverse("console:undo", args=[merge.pk]))
    assert "merged → active" in preview
    do(browser, "undo", merge.pk, step="confirm", reason="two firms")
    assert linked(firm.twin) == {"P-1"}
    late = do(browser, "undo", merge.pk, step="confirm", reason="again")
    assert "undone already" in late.content.decode()


def test_an_undo_allocates_what_came_later(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    do(browser, "merge", **both(firm), step="confirm", reason="one firm")
    merge = Merge.objects.get()
    send("psa", "client", "P-7", same_as=firm.acme.code, legal_name="Northwind Advisory")
    late = SourceRecord.objects.get(source_id="P-7")
    assert "P-7" in read(browser, reverse("console:undo", args=[merge.pk]))
    allocation = {f"allocate:{late.pk}": str(firm.twin.pk)}
    do(browser, "undo", merge.pk, step="confirm", reason="two firms", **allocation)
    assert linked(firm.twin) == {"P-1", "P-7"}
    assert linked(firm.acme) == {"A-1", "E-1"}


def test_a_split_is_previewed_and_done(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    record = SourceRecord.objects.get(source_id="E-1")
    chosen = {"record": str(record.pk), "version": firm.acme.version}
    text = do(browser, "split", firm.acme.pk, **chosen, step="preview").content.decode()
    assert "<strong>New</strong>" in text
    assert linked(firm.acme) == {"A-1", "E-1"}
    do(browser, "split", firm.acme.pk, **chosen, step="confirm", reason="another firm")
    assert linked(firm.acme) == {"A-1"}


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"survivor": "nonsense"}, "names no record"),
        ({"step": "confirm"}, "Say why"),
        ({"golden": []}, "at least one other"),
        ({"golden": [str(UUID(int=n)) for n in range(9)]}, "At most 8"),
        ({"golden": [str(UUID(int=1))]}, "no golden record"),
    ],
)
def test_a_bad_merge_is_refused_in_words(
    firm: Firm, sign_in: SignIn, form: dict[str, Any], said: str
) -> None:
    answer = do(sign_in("steward"), "merge", **{**both(firm), **form})
    assert said in answer.content.decode()
    assert not Merge.objects.exists()


def test_chosen_records_are_compared(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    form = {"action": "compare", "_selected_action": [str(firm.acme.pk), str(firm.twin.pk)]}
    answer = browser.post(reverse("admin:canonical_client_changelist"), form, follow=True)
    text = answer.content.decode()
    assert "Preview the merge" in text
    assert firm.twin.code in text
    alone = browser.get(reverse("console:compare", query={"golden": [str(firm.acme.pk)]}))
    assert alone.headers["Location"] == reverse("admin:index")


# --- the number of queries


def test_pages_ask_a_constant_number_of_times(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    addresses = [
        reverse("admin:index"),
        reverse("console:queue"),
        reverse("admin:canonical_client_changelist"),
        reverse("admin:canonical_sourcerecord_changelist"),
        reverse("console:review", args=[firm.review.pk]),
        *(page_of(firm.acme, tab) for tab in TABS),
    ]
    before = [asked(browser, address) for address in addresses]
    for number in range(4):
        send(
            "crm", "client", f"N-{number}", legal_name=f"Quince {number}", client_status="cold-ish"
        )
        send("erp", "client", f"N-{number}", same_as=firm.acme.code, legal_name="Northwind")
        client = {"system": "crm", "source_id": "A-1"}
        send("psa", "engagement", f"N-{number}", name=f"Audit {number}", client=client)
    after = [asked(browser, address) for address in addresses]
    assert dict(zip(addresses, after, strict=True)) == dict(zip(addresses, before, strict=True))


def test_comparing_more_records_asks_no_more(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    clients = [
        str(pk) for pk in Golden.objects.filter(entity="client").values_list("pk", flat=True)
    ]
    two = reverse("console:compare", query={"golden": clients[:2]})
    three = reverse("console:compare", query={"golden": clients[:3]})
    browser.get(two)
    assert asked(browser, two) == asked(browser, three)


def asked(browser: Browser, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)
