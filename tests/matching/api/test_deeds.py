"""Merge, undo and split over HTTP: what they answer, what they refuse, what a preview leaves."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from canonical.models import Change, Golden, Link, Merge
from tests.factories import hub
from tests.matching.api.conftest import Post

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(steward: Client) -> tuple[Golden, Golden]:
    """Two clients, one known to the CRM, one to the ERP, with a contract on the second."""
    one = hub.client("Zweigstelle Nord GmbH", "crm", "c1", website="https://nord.example")
    other = hub.client("Handelshaus Sommer KG", "erp", "e1", trading_name="Sommer")
    contract = {"title": "Frame", "client": {"source_id": "e1"}}
    hub.put("erp", "contract", "k1", contract, 1)
    other.refresh_from_db()
    return one, other


def url(golden: Golden, deed: str) -> str:
    return f"/api/v1/clients/{golden.pk}/{deed}"


def held() -> tuple[Any, ...]:
    """Everything that a deed could change."""
    goldens = Golden.objects.order_by("pk").values_list("pk", "version", "state", "head_hash")
    links = Link.objects.order_by("pk").values_list("pk", "golden_id", "until")
    return (list(goldens), list(links), Change.objects.count(), Merge.objects.count())


def merged(post: Post, pair: tuple[Golden, Golden], **more: Any) -> Any:
    one, other = pair
    body = {"absorb": [str(other.pk)], "reason": "the same", **more}
    return post(url(one, "merge"), body, one.version)


def test_a_merge_answers_the_survivor_and_all_that_changed(
    post: Post, pair: tuple[Golden, Golden]
) -> None:
    one, other = pair
    answer = merged(post, pair)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["golden"]["id"] == str(one.pk)
    assert told["golden"]["trading_name"] == "Sommer"
    assert {row["id"]: row["state"] for row in told["records"]} == {
        str(one.pk): "active",
        str(other.pk): "merged",
    }
    assert {row["kind"] for row in told["changed"]} == {"absorbed", "merged", "updated"}
    assert [(r["source_id"], r["golden_id"]) for r in told["moved"]] == [("e1", str(one.pk))]
    assert answer["ETag"] == f'"{told["golden"]["version"]}"'
    [row] = told["merges"]
    assert (row["survivor"]["id"], row["absorbed"]["id"]) == (str(one.pk), str(other.pk))
    hub.assert_sound()


def test_a_preview_answers_the_same_and_writes_nothing(
    post: Post, pair: tuple[Golden, Golden]
) -> None:
    before = held()
    previewed = merged(post, pair, preview=True, reason="").json()
    assert held() == before
    told = merged(post, pair).json()
    assert previewed["moved"] == told["moved"]
    for name in ("legal_name", "website", "trading_name", "sources", "version"):
        assert previewed["golden"][name] == told["golden"][name]
    assert [row["id"] for row in previewed["changed"]] == [row["id"] for row in told["changed"]]
    assert (previewed["preview"], previewed["merges"], told["preview"]) == (True, [], False)


def test_a_repeated_merge_gets_the_stored_answer(post: Post, pair: tuple[Golden, Golden]) -> None:
    one, other = pair
    body, key = {"absorb": [other.code], "reason": "the same"}, {"Idempotency-Key": "once"}
    first, again = (post(url(one, "merge"), body, one.version, **key) for _ in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    assert Merge.objects.count() == 1


def test_a_merge_needs_the_version_that_was_read(post: Post, pair: tuple[Golden, Golden]) -> None:
    one, other = pair
    body = {"absorb": [str(other.pk)], "reason": "the same"}
    assert post(url(one, "merge"), body).status_code == 428
    assert post(url(one, "merge"), body, one.version + 1).status_code == 412
    stale = {"id": str(other.pk), "version": other.version + 7}
    assert post(url(one, "merge"), {**body, "absorb": [stale]}, one.version).status_code == 412
    assert Merge.objects.count() == 0


BAD: list[tuple[dict[str, Any], int, str, str]] = [
    ({"reason": "x"}, 400, "/absorb", "missing"),
    ({"absorb": [], "reason": "x"}, 400, "/absorb", "wrong_type"),
    ({"absorb": [7], "reason": "x"}, 400, "/absorb/0", "wrong_type"),
    ({"absorb": [{"version": 1}], "reason": "x"}, 400, "/absorb/0", "wrong_type"),
    ({"absorb": ["CL-999999"]}, 400, "/reason", "missing"),
    ({"absorb": ["CL-999999"], "reason": "x"}, 422, "/absorb/0", "unknown_golden"),
    ({"absorb": ["CL-999999"], "reason": "x" * 501}, 400, "/reason", "wrong_length"),
    ({"absorb": ["CL-999999"], "reason": "x", "preview": 1}, 400, "/preview", "wrong_type"),
    ({"absorb": ["CL-999999"], "reason": "x", "why": 1}, 400, "/why", "unknown_member"),
]


@pytest.mark.parametrize(("body", "status", "pointer", "code"), BAD)
def test_what_is_wrong_with_a_merge_is_named_with_its_place(
    post: Post, pair: tuple[Golden, Golden], body: Any, status: int, pointer: str, code: str
) -> None:
    answer = post(url(pair[0], "merge"), body, pair[0].version)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (status, pointer, code)


def test_merging_what_is_merged_or_of_another_kind_is_refused(
    post: Post, pair: tuple[Golden, Golden]
) -> None:
    one, other = pair
    contract = Golden.objects.get(entity="contract")
    body = {"absorb": [str(contract.pk)], "reason": "x"}
    assert post(url(one, "merge"), body, one.version).status_code == 422
    assert (
        post(url(one, "merge"), {**body, "absorb": [str(one.pk)]}, one.version).status_code == 422
    )
    merged(post, pair)
    other.refresh_from_db()
    third = hub.client("Dritte AG", "psa", "p3")
    answer = post(url(other, "merge"), {**body, "absorb": [str(third.pk)]}, other.version)
    assert (answer.status_code, answer.json()["code"]) == (409, "state-conflict")


def test_undo_gives_back_exactly_what_the_merge_took(
    steward: Client, post: Post, pair: tuple[Golden, Golden]
) -> None:
    one, other = pair
    contents = hub.contents()
    [row] = merged(post, pair).json()["merges"]
    shown = steward.get(row["url"])
    assert (shown.json()["undone_at"], shown["ETag"]) == (None, '"1"')
    before = held()
    undo = f"{row['url']}/undo"
    preview = post(undo, {"preview": True}).json()
    assert held() == before
    answer = post(undo, {"reason": "two after all"}, 1)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert preview["moved"] == told["moved"]
    assert told["golden"]["id"] == str(other.pk)
    assert {r["id"] for r in told["records"]} == {str(one.pk), str(other.pk)}
    assert [r["source_id"] for r in told["stayed"]] == ["c1"]
    assert hub.contents() == contents
    shown = steward.get(row["url"])
    assert (shown.json()["undo_reason"], shown["ETag"]) == ("two after all", '"2"')
    assert post(undo, {"reason": "again"}).status_code == 409
    assert post(undo, {"reason": "again"}, 1).status_code == 412
    hub.assert_sound()


def test_what_arrived_since_can_be_allocated(post: Post, pair: tuple[Golden, Golden]) -> None:
    one, other = pair
    [row] = merged(post, pair).json()["merges"]
    late = hub.put("psa", "client", "p1", {"legal_name": "Handelshaus Sommer"}, same_as=str(one.pk))
    assert late.outcome == "linked"
    [told] = [
        {chance["golden_id"]: chance["probability"] for chance in stayed["belongs"]}
        for stayed in post(f"{row['url']}/undo", {"preview": True}).json()["stayed"]
        if stayed["source_id"] == "p1"
    ]
    assert told[str(other.pk)] > 0.5 > told[str(one.pk)]
    body = {"reason": "it came for the other", "allocate": {str(late.record): str(other.pk)}}
    undone = post(f"{row['url']}/undo", body).json()
    assert {r["source_id"]: r["golden_id"] for r in undone["moved"]} == {
        "e1": str(other.pk),
        "p1": str(other.pk),
    }
    hub.assert_sound()


@pytest.mark.parametrize(
    ("allocate", "status"),
    [([], 400), ({"x": "y"}, 400), ({str(uuid4()): str(uuid4())}, 422)],
)
def test_an_allocation_that_leads_nowhere_is_refused(
    post: Post, pair: tuple[Golden, Golden], allocate: Any, status: int
) -> None:
    [row] = merged(post, pair).json()["merges"]
    answer = post(f"{row['url']}/undo", {"reason": "x", "allocate": allocate})
    assert answer.status_code == status


def test_a_merge_that_never_was_is_not_found(steward: Client, post: Post) -> None:
    assert steward.get(f"/api/v1/merges/{uuid4()}").status_code == 404
    assert post(f"/api/v1/merges/{uuid4()}/undo", {"reason": "x"}).status_code == 404


def test_a_split_leaves_a_new_record_and_a_decision(post: Post, steward: Client) -> None:
    one = hub.client("Nordwind Reederei GmbH", "crm", "c1")
    hub.put("erp", "client", "e1", {"legal_name": "Nordwind"}, 1, same_as=str(one.pk))
    one.refresh_from_db()
    body = {"records": [{"system": "erp", "source_id": "e1"}], "reason": "a namesake"}
    before = held()
    preview = post(url(one, "split"), {**body, "preview": True}, one.version).json()
    assert held() == before
    assert [row["legal_name"] for row in preview["records"]] == [
        "Nordwind Reederei GmbH",
        "Nordwind",
    ]
    answer = post(url(one, "split"), body, one.version)
    assert answer.status_code == 200, answer.content
    [moved] = answer.json()["moved"]
    assert moved["golden_id"] == str(hub.home("erp", "e1")) != str(one.pk)
    assert post(url(one, "split"), body, one.version).status_code == 412
    hub.assert_sound()


@pytest.mark.parametrize(
    ("records", "status"),
    [
        ([{"system": "erp", "source_id": "nobody"}], 422),
        ([{"system": "crm", "source_id": "c1"}], 422),
        ([{"system": "erp"}], 400),
        (["x"], 400),
        ([], 400),
    ],
)
def test_a_split_of_what_is_not_there_is_refused(
    post: Post, pair: tuple[Golden, Golden], records: Any, status: int
) -> None:
    body = {"records": records, "reason": "x"}
    assert post(url(pair[0], "split"), body, pair[0].version).status_code == status


def test_merges_are_listed_the_newest_first(steward: Client, post: Post) -> None:
    one, two, three = (hub.client(f"{name} GmbH") for name in ("Zephyr", "Quillfeather", "Moss"))
    for absorbed in (two, three):
        one.refresh_from_db()
        body = {"absorb": [absorbed.code], "reason": "one firm"}
        answer = post(f"/api/v1/clients/{one.pk}/merge", body, one.version)
        assert answer.status_code == 200, answer.content
    listed = steward.get("/api/v1/merges", {"golden": one.code}).json()["results"]
    assert [each["absorbed"]["code"] for each in listed] == [three.code, two.code]
    post(f"{listed[0]['url']}/undo", {"reason": "two firms"})
    [undone] = steward.get("/api/v1/merges", {"state": "undone"}).json()["results"]
    assert undone["id"] == listed[0]["id"]
    assert steward.get("/api/v1/merges", {"state": "both"}).status_code == 400


def test_values_are_picked_inside_a_merge_and_fall_with_its_undo(
    steward: Client, post: Post
) -> None:
    one, two = hub.client("Zephyr GmbH"), hub.client("Quillfeather GmbH")
    body = {"absorb": [two.code], "reason": "one firm", "picks": {"legal_name": "Zephyr & Co"}}
    told = post(f"/api/v1/clients/{one.pk}/merge", body, one.version).json()
    assert told["golden"]["legal_name"] == "Zephyr & Co"
    post(f"{told['merges'][0]['url']}/undo", {"reason": "two firms"})
    assert hub.document(one)["legal_name"] == "Zephyr GmbH"
    for picks, status in (([], 400), ({"nonsense": 1}, 404), ({"legal_name": 7}, 422)):
        one.refresh_from_db()
        refused = post(f"/api/v1/clients/{one.pk}/merge", body | {"picks": picks}, one.version)
        assert refused.status_code == status, picks
    hub.assert_sound()
