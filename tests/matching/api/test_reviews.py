"""Reviews over HTTP: the list, the evidence, and every answer a steward can give."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection
from django.test import Client

from canonical import writer
from canonical.identity import decisions
from canonical.identity.errors import Busy
from canonical.models import DecisionKind, Golden, GoldenState, WorkItem
from matching import upkeep
from matching.models import Review
from matching.questions import review as reviews
from tests.canonical.api.conftest import Caller
from tests.factories import hub
from tests.matching.api.conftest import Post

pytestmark = pytest.mark.django_db
URL = "/api/v1/reviews"


@pytest.fixture
def review(steward: Client) -> dict[str, Any]:
    """Two clients so alike that a person is asked."""
    hub.client("Kaltenberg Maschinenbau GmbH", "crm", "c1")
    answer = hub.put("erp", "client", "e1", {"legal_name": "Kaltenberg Maschinen"}, 1)
    assert answer.outcome == "review", answer
    [shown] = steward.get(URL).json()["results"]
    assert shown["id"] == str(answer.review)
    return dict(shown)


def test_a_review_shows_both_sides_and_the_evidence(
    steward: Client, review: dict[str, Any]
) -> None:
    answer = steward.get(review["url"])
    assert (answer.json(), answer["ETag"]) == (review, '"1"')
    assert (review["arrived"]["source_id"], review["candidate"]["source_id"]) == ("e1", "c1")
    assert review["arrived"]["golden"]["id"] == str(hub.home("erp", "e1"))
    name = next(e for e in review["evidence"] if e["attribute"] == "legal_name")
    assert name["weight"] > 0
    assert name["arrived"] != name["candidate"]


def test_a_match_merges_and_the_older_survives(
    steward: Client, post: Post, review: dict[str, Any]
) -> None:
    body = {"decision": "match", "reason": "same register"}
    answer = post(f"{review['url']}/decide", body, 1)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["state"], told["decision"], told["reason"]) == (
        "decided",
        "match",
        "same register",
    )
    survivor = UUID(told["effect"]["golden"]["id"])
    assert survivor == hub.home("crm", "c1") == hub.home("erp", "e1")
    assert told["arrived"]["golden"] == told["candidate"]["golden"]
    assert steward.get(URL).json()["results"] == []
    assert steward.get(URL, {"state": "decided"}).json()["results"][0]["id"] == review["id"]
    hub.assert_sound()


def test_several_are_decided_alike_each_alone(
    steward: Client, post: Post, review: dict[str, Any]
) -> None:
    stray = str(uuid4())
    body = {"reviews": [stray, review["id"], review["id"]], "decision": "match", "preview": True}
    told = post(f"{URL}/decide", body).json()
    missing, ahead = told["results"]
    assert (missing["review"], missing["status"], missing["answer"]) == (stray, 404, None)
    assert missing["detail"]
    assert (ahead["status"], ahead["answer"]["effect"]["preview"]) == (200, True)
    assert steward.get(review["url"]).json()["state"] == "open"
    assert post(f"{URL}/decide", body | {"preview": False}).status_code == 400
    done = post(f"{URL}/decide", body | {"preview": False, "reason": "one register"}).json()
    assert [result["status"] for result in done["results"]] == [404, 200]
    assert hub.home("crm", "c1") == hub.home("erp", "e1")
    again = post(f"{URL}/decide", {**body, "preview": False, "reason": "again"}).json()
    assert [result["status"] for result in again["results"]] == [404, 409]
    hub.assert_sound()


def test_each_of_several_is_decided_in_a_transaction_of_its_own_and_once(
    post: Post, review: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.client("Kaltenberg Maschinenbau AG", "psa", "p1")
    asked = Review.objects.exclude(pk=review["id"]).filter(state="open").order_by("id")
    ids = [review["id"], *(str(pk) for pk in asked.values_list("pk", flat=True))]
    body = {"reviews": ids, "decision": "no_match", "reason": "two registers"}
    decide, left = reviews.decide, [1]

    def breaking(id: UUID, *given: Any) -> Any:
        if not left:
            raise OperationalError("the server went away")
        left.pop()
        return decide(id, *given)

    monkeypatch.setattr(reviews, "decide", breaking)
    key = {"Idempotency-Key": "several"}
    assert len(ids) > 1
    assert post(f"{URL}/decide", body, **key).status_code == 503
    assert Review.objects.filter(state="decided").count() == 1
    monkeypatch.setattr(reviews, "decide", decide)
    told = post(f"{URL}/decide", body, **key)
    assert [result["status"] for result in told.json()["results"]] == [200] * len(ids)
    assert "Idempotent-Replayed" not in told
    again = post(f"{URL}/decide", body, **key)
    assert (again.content, again["Idempotent-Replayed"]) == (told.content, "true")
    other = post(f"{URL}/decide", {**body, "decision": "match"}, **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    hub.assert_sound()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_one_of_several_did_is_there_before_the_next_begins(
    post: Post, review: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.client("Kaltenberg Maschinenbau AG", "psa", "p1")
    ids = [str(pk) for pk in Review.objects.filter(state="open").values_list("pk", flat=True)]
    decide, seen = reviews.decide, []

    def elsewhere() -> int:
        """How many are decided, as another connection sees it."""
        try:
            return Review.objects.filter(state="decided").count()
        finally:
            connection.close()

    def watched(id: UUID, *given: Any) -> Any:
        with ThreadPoolExecutor() as other:
            seen.append(other.submit(elsewhere).result())
        return decide(id, *given)

    monkeypatch.setattr(reviews, "decide", watched)
    body = {"reviews": ids, "decision": "no_match", "reason": "two registers"}
    assert post(f"{URL}/decide", body).status_code == 200
    assert seen == list(range(len(ids)))
    assert len(ids) > 1


def test_what_refused_one_of_several_is_kept_unless_it_passes(
    post: Post, review: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stray, decide = str(uuid4()), reviews.decide
    body = {"reviews": [stray, review["id"]], "decision": "no_match", "reason": "x"}

    def busy(id: UUID, *given: Any) -> Any:
        if str(id) == review["id"]:
            raise Busy("The records kept changing; try again.")
        return decide(id, *given)

    monkeypatch.setattr(reviews, "decide", busy)
    key = {"Idempotency-Key": "busy"}
    first = post(f"{URL}/decide", body, **key).json()["results"]
    assert [result["status"] for result in first] == [404, 503]
    monkeypatch.setattr(reviews, "decide", decide)
    second = post(f"{URL}/decide", body, **key).json()["results"]
    assert second[0] == first[0]
    assert second[1]["status"] == 200


def test_no_match_publishes_the_newcomer_and_is_remembered(
    post: Post, review: dict[str, Any]
) -> None:
    newcomer = hub.home("erp", "e1")
    assert Golden.objects.get(pk=newcomer).published_version is None
    told = post(f"{review['url']}/decide", {"decision": "no_match", "reason": "no"}).json()
    assert (told["decision"], told["effect"]) == ("no_match", None)
    assert Golden.objects.get(pk=newcomer).published_version is not None
    again = hub.put("erp", "client", "e1", {"legal_name": "Kaltenberg Maschinen KG"}, 2)
    assert (again.outcome, again.review) == ("updated", None)
    assert not Golden.objects.filter(state=GoldenState.MERGED).exists()


@pytest.fixture
def broken(steward: Client) -> dict[str, Any]:
    """A linked record that an update has made another."""
    one = {"legal_name": "Nordwind Reederei GmbH", "website": "https://nordwind.example"}
    hub.put("crm", "client", "c1", one, 1)
    assert hub.put("erp", "client", "e1", one, 1).outcome == "linked"
    hub.put("erp", "client", "e1", {"legal_name": "Zebra Consulting LLC"}, 2)
    [shown] = steward.get(URL).json()["results"]
    assert (shown["kind"], shown["arrived"]["source_id"]) == ("broken_by_update", "e1")
    return dict(shown)


def test_a_broken_link_stays_a_question_until_it_is_answered(
    steward: Client, broken: dict[str, Any]
) -> None:
    upkeep.run()
    assert steward.get(URL).json()["results"] == [broken]


def test_a_broken_record_is_split_off_or_stays(post: Post, broken: dict[str, Any]) -> None:
    told = post(f"{broken['url']}/decide", {"decision": "no_match", "reason": "sold"}).json()
    [moved] = told["effect"]["moved"]
    assert moved["source_id"] == "e1"
    assert hub.home("erp", "e1") != hub.home("crm", "c1")
    assert WorkItem.objects.filter(state="open").count() == 0
    hub.assert_sound()


def test_a_broken_record_that_was_split_off_asks_nothing_more(
    steward: Client, post: Post, broken: dict[str, Any]
) -> None:
    golden = broken["arrived"]["golden"]
    body = {"records": [broken["arrived"]["record"]], "reason": "sold"}
    assert post(f"{golden['url']}/split", body, golden["version"]).status_code == 200
    assert steward.get(broken["url"]).json()["state"] == "closed"


def test_a_broken_record_may_stay(post: Post, broken: dict[str, Any]) -> None:
    told = post(f"{broken['url']}/decide", {"decision": "match", "reason": "renamed"}).json()
    assert (told["state"], told["effect"]) == ("decided", None)
    again = hub.put("erp", "client", "e1", {"legal_name": "Zebra Consulting Inc"}, 3)
    assert (again.outcome, again.review) == ("updated", None)
    assert hub.home("erp", "e1") == hub.home("crm", "c1")


def test_defer_keeps_it_open_with_the_reason(
    steward: Client, post: Post, review: dict[str, Any]
) -> None:
    answer = post(f"{review['url']}/decide", {"decision": "defer", "reason": "asked the client"})
    assert (answer.json()["state"], answer["ETag"]) == ("open", '"2"')
    [shown] = steward.get(URL).json()["results"]
    assert shown["reason"] == "asked the client"


def test_a_decision_needs_the_version_and_comes_once(post: Post, review: dict[str, Any]) -> None:
    body = {"decision": "no_match", "reason": "x"}
    assert post(f"{review['url']}/decide", body, 9).status_code == 412
    assert post(f"{review['url']}/decide", body).status_code == 200
    again = post(f"{review['url']}/decide", body)
    assert (again.status_code, again.json()["code"]) == (409, "state-conflict")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"decision": "maybe", "reason": "x"},
        {"decision": "match"},
        {"decision": [], "reason": 1},
    ],
)
def test_what_is_no_decision_is_refused(post: Post, review: dict[str, Any], body: Any) -> None:
    assert post(f"{review['url']}/decide", body).status_code == 400


def test_filters_select_and_pages_follow(steward: Client, review: dict[str, Any]) -> None:
    for number in range(3):
        hub.client(f"Kaltenberg Maschinenbau {number} AG", "psa", f"p{number}")
    every = steward.get(URL).json()["results"]
    first = steward.get(URL, {"limit": 1}).json()
    rest = steward.get(URL, {"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [first["results"][0], rest["results"][0]] == every[:2]
    assert steward.get(URL, {"entity": "contracts"}).json()["results"] == []
    assert steward.get(URL, {"kind": "broken_by_update"}).json()["results"] == []
    about = steward.get(URL, {"golden": review["arrived"]["golden"]["id"]}).json()["results"]
    assert review in about


@pytest.mark.parametrize(
    "query", [{"state": "x"}, {"kind": "x"}, {"entity": "x"}, {"golden": "x"}, {"cursor": 1}]
)
def test_bad_parameters_are_refused(steward: Client, query: Any) -> None:
    assert steward.get(URL, query).status_code == 400


def test_an_unknown_review_is_not_found(steward: Client, post: Post) -> None:
    assert steward.get(f"{URL}/{uuid4()}").status_code == 404
    body = {"decision": "match", "reason": "x"}
    assert post(f"{URL}/{uuid4()}/decide", body).status_code == 404


def test_restricted_values_are_masked(steward: Client, caller: Caller) -> None:
    person = {"display_name": "Erika Mustermann", "date_of_birth": "1980-02-03"}
    hub.put("crm", "resource", "r1", person, 1)
    hub.put("erp", "resource", "r2", {**person, "display_name": "Anna Mustermann"}, 1)
    for client, seen in ((steward, True), (caller("read", system="crm"), False)):
        [shown] = client.get(URL).json()["results"]
        born = next(e for e in shown["evidence"] if e["attribute"] == "date_of_birth")
        assert bool(born["arrived"]) is seen


def test_a_preview_tells_what_an_answer_would_do_and_writes_nothing(
    steward: Client, post: Post, review: dict[str, Any]
) -> None:
    told = post(f"{review['url']}/decide", {"decision": "match", "preview": True}, 1)
    assert told.status_code == 200, told.content
    assert (told.json()["preview"], told.json()["state"]) == (True, "decided")
    assert told.json()["effect"]["golden"]["id"] == str(hub.home("crm", "c1"))
    assert "ETag" not in told.headers
    assert steward.get(review["url"]).json() == review
    assert hub.home("crm", "c1") != hub.home("erp", "e1")
    hub.assert_sound()


def test_an_answer_that_contradicts_another_leads_to_a_question(
    steward: Client, post: Post, review: dict[str, Any]
) -> None:
    for system, side in (("crm", "arrived"), ("erp", "candidate")):
        code = review[side]["golden"]["code"]
        hub.put(system, "client", "x", {"legal_name": f"Another {system}"}, 1, same_as=code)
    one, two = hub.held("crm", "x").pk, hub.held("erp", "x").pk
    decisions.decide(one, two, DecisionKind.NO_MATCH, hub.STEWARD, writer.now())
    body = {"decision": "match", "reason": "same register"}
    told = post(f"{review['url']}/decide", body, 1).json()
    assert (told["state"], told["effect"]) == ("decided", None)
    assert steward.get(told["conflict"]["url"]).json() == told["conflict"]
    assert steward.get(URL, {"kind": "decision_conflict"}).json()["results"] == [told["conflict"]]
