"""Batches: one result an item, the same again by the same key, resumed by whoever comes next."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from canonical import access, writer
from canonical.models import Change, Golden, SourceRecord
from sync.inbound import submissions
from sync.inbound.pace import Pace
from sync.models import Submission, SubmissionItem
from tests.canonical.api.conftest import Caller
from tests.sync.api.source import ACME, Door, fits

SUBMISSION = "/api/v1/submissions/{id}"


@pytest.fixture
def crm(caller: Caller) -> Door:
    return Door(caller("ingest", "read"))


def firms(count: int) -> list[dict[str, Any]]:
    return [
        {"source_id": f"A-{n}", "data": {"legal_name": f"Firm {n:04d} of {n * 7919 % 10007} GmbH"}}
        for n in range(count)
    ]


def outcomes(answer: Any) -> list[str]:
    return [result["outcome"] for result in answer.json()["results"]]


def ask(client: Client, url: str) -> Any:
    answer = client.get(url)
    return fits(SUBMISSION, "get", answer)


def test_every_item_is_answered_in_its_place_and_none_refuses_another(crm: Door) -> None:
    items = [
        {"source_id": "A-1", "data": ACME},
        {"source_id": "A-2", "data": {"legal_nam": "x"}},
        "no object",
        {"data": ACME},
        {"source_id": "A-3", "data": {"legal_name": "Beta Chemie AG"}, "extra": 1},
        {"source_id": "A-4", "data": {"currency": "EUR"}},
        {"source_id": "A-1", "data": ACME},
    ]
    answer = crm.batch(items)
    assert answer.status_code == 200
    assert outcomes(answer) == [
        "created", "refused", "refused", "refused", "refused", "quarantined", "unchanged",
    ]  # fmt: skip
    results = answer.json()["results"]
    assert [r["status"] for r in results] == [201, 400, 400, 400, 400, 201, 200]
    assert [r["errors"][0]["pointer"] for r in results[1:5]] == [
        "/data/legal_nam", "", "/source_id", "/extra",
    ]  # fmt: skip


def test_lines_that_are_no_json_are_answered_in_their_place(crm: Door) -> None:
    first, second = (json.dumps(item).encode() for item in firms(2))
    hostile = [
        b'{"source_id":"x","source_id":"y","data":{}}', b'{"data":{"a":NaN}}', b"\xff", b"{",
        b'{"source_id":"x","data":{"legal_name":"\\u0000"}}', b"[" * 100_000,
    ]  # fmt: skip
    body = b"\n".join([first, *hostile, b"", second])
    answer = crm.batch(body, media="application/x-ndjson")
    assert outcomes(answer) == ["created", *["refused"] * len(hostile), "created"]


@pytest.mark.parametrize("body", [b"[]", b"{}", b'"x"', b"null", b"[NaN]", b""])
def test_what_is_no_batch_is_refused(crm: Door, body: bytes) -> None:
    assert crm.batch(body).status_code == 400


def test_the_same_key_gives_the_same_results_and_another_body_none(crm: Door) -> None:
    key = {"Idempotency-Key": "monday"}
    first, again = crm.batch(firms(3), **key), crm.batch(firms(3), **key)
    assert first.content == again.content
    assert outcomes(again) == ["created"] * 3
    other = crm.batch(firms(4), **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert SourceRecord.objects.count() == Change.objects.count() == 3


def test_without_a_key_nothing_is_taken_in(crm: Door) -> None:
    answer = crm.client.post(f"{crm.base}/batch", firms(1), "application/json")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "Idempotency-Key")


def test_a_cut_off_batch_goes_on_where_it_stopped(
    crm: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F2: the process dies behind the first chunk; nobody but its caller can go on."""
    monkeypatch.setattr("sync.inbound.receive.pace", Pace(least=2, most=2))
    real, calls = submissions._keep, []

    def dying(made: Submission, answers: Any) -> None:
        calls.extend(answers)
        if len(calls) > 2:
            raise KeyboardInterrupt
        real(made, answers)

    monkeypatch.setattr(submissions, "_keep", dying)
    with pytest.raises(KeyboardInterrupt):
        crm.batch(firms(5), **{"Idempotency-Key": "cut"})
    assert SourceRecord.objects.count() == 2
    monkeypatch.setattr(submissions, "_keep", real)
    held = crm.batch(firms(5), **{"Idempotency-Key": "cut"})
    assert (held.status_code, held.json()["code"]) == (409, "request-in-progress")
    Submission.objects.update(leased_until=writer.now() - timedelta(seconds=1))
    assert submissions.work_off() == 0
    again = crm.batch(firms(5), **{"Idempotency-Key": "cut"})
    assert outcomes(again) == ["created"] * 5
    assert SourceRecord.objects.count() == Golden.objects.count() == 5


@pytest.mark.filterwarnings("ignore")
def test_a_failed_batch_may_be_repeated_at_once(crm: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise RuntimeError("out of memory")

    with monkeypatch.context() as broken:
        broken.setattr(submissions, "receive", failing)
        answer = crm.client.post(f"{crm.base}/batch", firms(1), "application/json",
                                 headers={"Idempotency-Key": "k"})  # fmt: skip
        assert answer.status_code == 500
    assert outcomes(crm.batch(firms(1), **{"Idempotency-Key": "k"})) == ["created"]


def test_a_dry_run_tells_and_takes_back(crm: Door) -> None:
    crm.put("A-1", {"legal_name": "Firm 0001 of 7919 GmbH"})
    answer = crm.batch([*firms(2), {"source_id": "A-9", "data": 7}], "?dry_run=true")
    assert outcomes(answer) == ["created", "unchanged", "refused"]
    assert answer.json()["results"][0]["golden"] is None
    assert SourceRecord.objects.count() == 1
    assert not Submission.objects.exists()


def test_more_or_as_preferred_is_answered_later(crm: Door) -> None:
    answer = crm.batch(firms(3), Prefer="handling=lenient, respond-async")
    assert (answer.status_code, answer["Preference-Applied"]) == (202, "respond-async")
    url = answer["Location"]
    waiting = ask(crm.client, url)
    assert (waiting["state"], waiting["done"], waiting["results"]) == ("queued", 0, [])
    assert submissions.work_one(UUID(answer.json()["id"]))
    done = ask(crm.client, url)
    assert (done["state"], done["done"], done["total"]) == ("done", 3, 3)
    assert [r["outcome"] for r in done["results"]] == ["created"] * 3
    assert [r["position"] for r in done["results"]] == [0, 1, 2]


def test_a_thousand_and_one_are_accepted_and_paged(crm: Door) -> None:
    items = [{"source_id": f"Q-{n}", "data": {"currency": "EUR"}} for n in range(1_001)]
    answer = crm.batch(items)
    assert answer.status_code == 202
    submissions.work_off()
    page = ask(crm.client, f"{answer['Location']}?limit=200")
    assert (page["done"], len(page["results"])) == (1_001, 200)
    following = ask(crm.client, f"{answer['Location']}?limit=200&cursor={page['next_cursor']}")
    assert following["results"][0]["position"] == 200


def test_an_accepted_batch_answers_a_repeat_the_same(crm: Door) -> None:
    key = {"Idempotency-Key": "later", "Prefer": "respond-async"}
    first = crm.batch(firms(2), **key)
    submissions.work_off()
    again = crm.batch(firms(2), **key)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert Submission.objects.count() == 1


def test_a_batch_cut_off_and_then_preferred_later_loses_nothing(
    crm: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(submissions, "work_on", lambda *_: (_ for _ in ()).throw(RuntimeError))
        crm.client.post(f"{crm.base}/batch", firms(2), "application/json",
                        headers={"Idempotency-Key": "k"})  # fmt: skip
    answer = crm.batch(firms(2), **{"Idempotency-Key": "k", "Prefer": "respond-async"})
    assert answer.status_code == 202
    submissions.work_off()
    done = ask(crm.client, answer["Location"])
    assert [r["outcome"] for r in done["results"]] == ["created"] * 2


def test_what_a_dead_worker_left_is_taken_up_and_the_first_answer_counts(crm: Door) -> None:
    answer = crm.batch(firms(3), Prefer="respond-async")
    made = Submission.objects.get()
    submissions._take(made)
    assert not submissions.work_one(made.pk)
    item = SubmissionItem.objects.get(position=0)
    crm.put("A-0", firms(1)[0]["data"])
    item.answer, item.body = {"source_id": "A-0", "outcome": "created"}, ""
    item.save()
    Submission.objects.update(leased_until=writer.now() - timedelta(seconds=1))
    assert submissions.work_off() == 1
    kept = SubmissionItem.objects.order_by("position").values_list("answer__outcome", flat=True)
    assert list(kept) == ["created"] * 3
    assert crm.client.get(answer["Location"]).json()["state"] == "done"


def test_submissions_of_others_are_not_found(crm: Door, caller: Caller) -> None:
    answer = crm.batch(firms(1), Prefer="respond-async")
    assert caller("ingest", system="erp").get(answer["Location"]).status_code == 404
    assert caller("ingest", system="crm").get(answer["Location"]).status_code == 404


def test_numbers_keep_their_digits_on_the_way_through_a_submission(crm: Door) -> None:
    item = b'[{"source_id":"A-1","data":{"legal_name":"Acme","extensions":{"crm.score":10.5000}}}]'
    crm.batch(item, Prefer="respond-async")
    assert "10.5000" in SubmissionItem.objects.get().body
    submissions.work_off()
    assert "10.5000" in SourceRecord.objects.select_related("current").get().current.raw  # type: ignore[union-attr]


def streamed(crm: Door, items: list[dict[str, Any]], key: str, query: str = "") -> Any:
    headers = {"Idempotency-Key": key, "Accept": "application/x-ndjson"}
    body = b"\n".join(json.dumps(item).encode() for item in items)
    url = f"{crm.base}/batch{query}"
    return crm.client.post(url, body, "application/x-ndjson", headers=headers)


def test_lines_are_answered_line_by_line_as_they_are_taken_in(
    crm: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "PORTION", 3)
    sent = [*firms(4), {"source_id": "x", "data": 7}, *firms(8)[5:]]
    answer = streamed(crm, sent, "k")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/x-ndjson")
    stream = iter(answer.streaming_content)
    first = json.loads(next(stream))
    assert (first["source_id"], first["outcome"]) == ("A-0", "created")
    assert SourceRecord.objects.count() == 3
    rest = [json.loads(line) for line in stream]
    assert [each["source_id"] for each in rest] == [item["source_id"] for item in sent[1:]]
    assert [each["outcome"] for each in rest].count("refused") == 1
    assert {each["correlation_id"] for each in [first, *rest]} == {answer["X-Correlation-ID"]}
    again = [json.loads(line) for line in streamed(crm, sent, "k").streaming_content]
    assert again == [first, *rest]
    assert streamed(crm, sent[1:], "k").json()["code"] == "idempotency-key-reused"


def test_who_hangs_up_goes_on_where_the_answers_stopped(
    crm: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "PORTION", 2)
    caller = access.of_hub("test")
    batch = submissions.Batch("crm", "client", firms(6), "k", "the same")
    made = submissions.begin(caller, batch)
    stream = submissions.in_turn(caller, made, batch.bodies)
    next(stream)
    stream.close()
    assert SourceRecord.objects.count() == 2
    again = submissions.begin(caller, batch)
    answers = list(submissions.in_turn(caller, again, batch.bodies))
    assert [each["outcome"] for each in answers] == ["created"] * 6
    assert Change.objects.count() == 6
    assert Submission.objects.get().state == "done"


def test_a_dry_run_in_lines_writes_nothing(crm: Door) -> None:
    told = [json.loads(s) for s in streamed(crm, firms(2), "k", "?dry_run=true").streaming_content]
    assert [each["outcome"] for each in told] == ["created", "created"]
    assert not SourceRecord.objects.exists()
