"""Stewards who decide, merge and undo the same things at the same moment, over HTTP."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client

from canonical import access
from canonical.models import Golden, GoldenState, IdempotentAnswer, Merge
from matching.models import Review
from tests.canonical.api.conftest import token
from tests.factories import hub, invariants
from tests.factories.together import deadlocks, together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

CHANCE = 20261121
WORDS = ("Kaltenberg", "Nordwind", "Hansekontor", "Lindenhof", "Sonnfeld", "Bergquell",
         "Waldstein", "Rosenau", "Falkenried", "Meerwarth")  # fmt: skip


@pytest.fixture
def post(transactional_db: None) -> Iterator[Any]:
    """`post(url, body, version)` by a steward; afterwards the hub is whole, without a deadlock."""
    cache.clear()
    hub.open_hub()
    bearer = token(access.issue_credential(None, ["read", "steward"], name="Ada"))
    before = deadlocks()

    def send(url: str, body: Any, version: int | None = None, key: str = "") -> int:
        headers = {"Authorization": f"Bearer {bearer}", "Idempotency-Key": key or str(uuid4())}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        answer = Client().post(url, body, "application/json", headers=headers)
        return answer.status_code

    yield send
    assert deadlocks() == before
    invariants.assert_whole()


def asked() -> list[Review]:
    """Reviews between pairs of clients."""
    for word in WORDS:
        hub.put("crm", "client", word, {"legal_name": f"{word} Maschinenbau GmbH"}, 1)
        hub.put("erp", "client", word, {"legal_name": f"{word} Maschinen"}, 1)
    found = list(Review.objects.order_by("id"))
    assert len(found) == len(WORDS)
    return found


def test_of_several_answers_to_one_question_one_counts(post: Any) -> None:
    jobs: list[Any] = []
    for review in asked():
        decide = f"/api/v1/reviews/{review.pk}/decide"
        for decision in ("match", "no_match", "no_match", "defer"):
            jobs.append(partial(post, decide, {"decision": decision, "reason": "x"}))
        survivor = Golden.objects.get(pk=review.golden_b_id)
        body = {"absorb": [str(review.golden_a_id)], "reason": "x"}
        jobs.append(partial(post, f"/api/v1/clients/{survivor.pk}/merge", body, survivor.version))
    random.Random(CHANCE).shuffle(jobs)
    assert set(together(jobs, 6)) <= {200, 409, 412}
    assert not Review.objects.filter(state="open").exists()
    assert Golden.objects.filter(state=GoldenState.MERGED).count() == Merge.objects.count()
    waiting = Golden.objects.filter(published_version=None).exclude(state=GoldenState.MERGED)
    assert not waiting.exists()


def test_a_merge_and_its_undo_under_fire_end_where_they_began(post: Any) -> None:
    goldens = [hub.client(f"{word} Holding {n}").pk for n, word in enumerate(WORDS)]
    contents = hub.contents()
    for _ in range(2):
        jobs = [
            partial(
                post,
                f"/api/v1/clients/{survivor}/merge",
                {"absorb": [str(absorbed)], "reason": "x"},
                Golden.objects.get(pk=survivor).version,
            )
            for survivor in goldens
            for absorbed in random.Random(CHANCE).sample(goldens, 3)
            if survivor != absorbed
        ]
        assert set(together(jobs, 6)) <= {200, 409, 412}
        merges = Merge.objects.filter(undone_at=None).values_list("pk", flat=True)
        undone = [
            partial(post, f"/api/v1/merges/{merge}/undo", {"reason": "x"})
            for merge in merges
            for _ in range(2)
        ]
        assert merges.count() > 0
        counted = Counter(together(undone, 6))
        assert counted[200] == counted[409] == len(undone) // 2
    assert hub.contents() == contents


def test_a_key_sent_twice_at_once_is_one_deed(post: Any) -> None:
    pairs = [(hub.client(f"{word} Nord"), hub.client(f"Sued {word[::-1]}")) for word in WORDS]
    jobs = [
        partial(
            post,
            f"/api/v1/clients/{one.pk}/merge",
            {"absorb": [str(other.pk)], "reason": "x"},
            one.version,
            key=f"merge-{one.pk}",
        )
        for one, other in pairs
        for _ in range(3)
    ]
    assert set(together(jobs, 6)) == {200}
    assert Merge.objects.count() == IdempotentAnswer.objects.count() == len(pairs)
