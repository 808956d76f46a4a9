"""Idempotency-Key: once, whatever the network does."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken

from canonical.api.contract import idempotency, retention
from canonical.models import IdempotentAnswer, System
from tests.canonical.api.conftest import Caller

URL = "/api/probe/systems"


def post(client: Client, code: Any, key: str | None = "k-1") -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(URL, {"code": code}, content_type="application/json", headers=headers)


def test_the_second_request_gets_the_answer_of_the_first(caller: Caller) -> None:
    client = caller("admin")
    first, second = post(client, "psa"), post(client, "psa")
    assert (first.status_code, first["Location"]) == (201, "/psa")
    assert (second.status_code, second["Location"]) == (201, "/psa")
    assert second.content == first.content
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert System.objects.filter(code="psa").count() == 1


def test_the_same_key_for_another_body_is_refused(caller: Caller) -> None:
    client = caller("admin")
    post(client, "psa")
    answer = post(client, "hr")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert not System.objects.filter(code="hr").exists()


@pytest.mark.parametrize("key", [None, "", "a b", "x" * 256, 'a"b'])
def test_a_missing_or_malformed_key_is_refused(caller: Caller, key: str | None) -> None:
    answer = post(caller("admin"), "psa", key)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "Idempotency-Key")
    assert not System.objects.filter(code="psa").exists()


def test_keys_of_others_never_meet(caller: Caller) -> None:
    assert post(caller("admin", system="crm"), "psa").status_code == 201
    assert post(caller("admin", system="erp"), "hr").status_code == 201


@pytest.mark.filterwarnings("ignore")
def test_a_failure_keeps_nothing(caller: Caller) -> None:
    client = caller("admin")
    assert post(client, None).status_code == 500
    assert not IdempotentAnswer.objects.exists()
    assert post(client, "psa").status_code == 201


def test_a_key_is_free_again_after_seven_days(caller: Caller) -> None:
    client = caller("admin")
    post(client, "psa")
    IdempotentAnswer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert post(client, "hr").status_code == 201


def test_what_has_expired_is_dropped(caller: Caller) -> None:
    post(caller("admin"), "psa")
    assert retention.run() == 0
    IdempotentAnswer.objects.update(expires_at=timezone.now())
    AccessToken.objects.update(expires=timezone.now() - retention.TOKENS_KEPT_FOR)
    assert retention.run() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twins_at_once_do_it_once(caller: Caller) -> None:
    """F19: 16 threads send each of 10 requests at the same moment."""
    client = caller("admin")
    together = threading.Barrier(16)

    def run(code: str) -> list[int]:
        together.wait()
        try:
            return [post(client, code, key=code).status_code]
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        for code in (f"s{n}" for n in range(10)):
            answers = [pool.submit(run, code) for _ in range(16)]
            assert {status for a in answers for status in a.result()} == {201}
    assert System.objects.filter(code__startswith="s").count() == 10
    assert IdempotentAnswer.objects.count() == 10


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_twin_that_waits_too_long_is_told_to_come_again(caller: Caller) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    client = caller("admin")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            owner = f"credential:{client_id}"
            idempotency._wait_for_twin(f"{owner}\nk-1")
            held.set()
            done.wait(10)
        connection.close()

    from canonical.models import Credential

    client_id = Credential.objects.get().client_id
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    try:
        answer = post(client, "psa")
        assert (answer.status_code, answer.json()["code"]) == (409, "request-in-progress")
        assert answer["Retry-After"] == "1"
    finally:
        done.set()
        thread.join()
        connection.close()
