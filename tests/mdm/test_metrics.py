from __future__ import annotations

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from mdm import sweep
from mdm.readings import FIGURES


def samples(client: Client, **headers: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_never_by_path(client: Client) -> None:
    labels = frozenset({"method": "GET", "route": "health/live", "status": "200"}.items())
    before = samples(client).get(("assay_http_requests_total", labels), 0)

    client.get("/health/live")
    client.get("/no/such/path")
    after = samples(client)

    assert after["assay_http_requests_total", labels] == before + 1
    assert not any("such" in value for _, found in after for _, value in found)


@pytest.mark.django_db
def test_every_figure_can_be_read(client: Client) -> None:
    sweep.run()

    found = {name for name, _ in samples(client)}

    labelled = {name for name, (_, label, _) in FIGURES.items() if label}
    assert FIGURES.keys() - labelled <= found
    assert "assay_heartbeat_seconds" in found


@pytest.mark.django_db
def test_a_token_keeps_strangers_out(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "scraper"

    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 401
    assert samples(client, Authorization="Bearer scraper")
