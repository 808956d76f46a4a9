from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from mdm import services, sweep
from mdm.celery import app
from mdm.clockwork import Clockwork
from mdm.models import Heartbeat

DEAD_BROKER = "redis://127.0.0.1:1/0"


def test_alive_without_a_database(client: Client) -> None:
    assert client.get("/health/live").json() == {"status": "live"}


@pytest.mark.django_db
class TestReady:
    def test_not_before_the_first_sweep(self, client: Client) -> None:
        answer = client.get("/health/ready")

        assert answer.status_code == 503
        assert answer.json()["checks"] == {
            "database": "ok",
            "broker": "ok",
            "sweep": "no heartbeat in the last 30 seconds",
        }

    def test_after_a_sweep(self, client: Client) -> None:
        sweep.run()

        answer = client.get("/health/ready")

        assert (answer.status_code, answer.json()["status"]) == (200, "ready")

    @pytest.mark.redis
    def test_with_redis_as_the_broker(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        redis = app.connection(services.REDIS_URL)
        monkeypatch.setattr(app, "connection_for_write", lambda: redis)

        assert client.get("/health/ready").json()["checks"]["broker"] == "ok"

    def test_not_when_three_sweeps_are_missing(self, client: Client) -> None:
        sweep.run()
        Heartbeat.objects.update(at=Now() - timedelta(seconds=31))

        assert client.get("/health/ready").status_code == 503

    def test_says_that_the_broker_is_away_and_no_more(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sweep.run()
        monkeypatch.setattr(app, "connection_for_write", lambda: app.connection(DEAD_BROKER))

        answer = client.get("/health/ready")

        assert answer.status_code == 503
        assert answer.json()["checks"]["broker"] == "does not answer"


@pytest.mark.django_db
class TestSweep:
    def test_one_failing_step_keeps_no_other_from_running(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ran: list[str] = []
        steps = {"broken": lambda: 1 / 0, "whole": lambda: ran.append("whole")}
        monkeypatch.setattr(sweep, "STEPS", steps)

        assert sweep.run() == ["broken"]
        assert ran == ["whole"]
        assert set(Heartbeat.objects.values_list("name", flat=True)) == {"whole"}


@pytest.mark.django_db(transaction=True)
class TestClockwork:
    def test_sweeps_when_nobody_has(self) -> None:
        Clockwork().tick()

        assert Heartbeat.is_fresh(sweep.WHOLE)

    def test_leaves_it_when_somebody_has(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sweep.run()
        monkeypatch.setattr(sweep, "STEPS", {"again": lambda: None})

        Clockwork().tick()

        assert not Heartbeat.objects.filter(name="again").exists()
