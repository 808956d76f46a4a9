"""The two dialects of OData against services that stand in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from pytest_django import Settings

from canonical.models import System
from sync import egress
from sync.connectors import odata
from sync.connectors.base import Missing
from sync.connectors.faults import Turned
from sync.connectors.forms import Surroundings
from sync.connectors.login import Login
from sync.connectors.odata import OData
from sync.connectors.rest import Rest
from sync.models import Connection
from sync.models.connections import LoginKind
from sync.outbound.answers.retry import Verdict
from tests.standins.odata import ODataService
from tests.standins.server import CLIENT, SECRET


class Old(ODataService):
    version = 2
    sets = {"Things": ("Company", "Id")}


class New(ODataService):
    sets = {"Things": ("Company", "Id")}


@pytest.fixture(params=[Old, New], ids=["V2", "V4"])
def vendor(request: pytest.FixtureRequest, settings: Settings) -> Iterator[ODataService]:
    settings.ALLOW_LOCAL_TARGETS = True
    with request.param() as running:
        yield running


@pytest.fixture
def service(vendor: ODataService) -> Iterator[OData]:
    connection = Connection(
        system=System(code="x"),
        login_kind=LoginKind.OAUTH,
        login={"token_url": f"{vendor.url}/token", "client_id": CLIENT},
        secret=SECRET,
    )
    with egress.Client() as client:
        rest = Rest(vendor.url, Login(connection, client), client)
        yield OData(rest, "/odata", vendor.version)


KEY = {"Company": "o'neill & sons", "Id": "1/2"}


def test_a_record_is_made_found_changed_and_read(service: OData) -> None:
    service.create("Things", {**KEY, "Name": "Ada's"})
    service.update("Things", KEY, {"Name": "Grace's"})
    record = service.get("Things", KEY)
    assert record is not None
    assert (record["Name"], record[odata.TAG]) == ("Grace's", 'W/"2"')
    assert service.get("Things", {**KEY, "Id": "none"}) is None
    found = service.first("Things", filter=f"Name eq {service.literal(record['Name'])}")
    assert found is not None
    assert found["Id"] == "1/2"


def test_all_pages_are_read(service: OData) -> None:
    for number in range(5):
        service.create("Things", {"Company": "a", "Id": str(number), "Name": "x"})
    pages = list(service.query("Things", filter="Name eq 'x'", orderby="Id"))
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [row["Id"] for page in pages for row in page] == ["0", "1", "2", "3", "4"]


def test_another_version_is_not_written_over(service: OData) -> None:
    service.create("Things", {**KEY, "Name": "one"})
    with pytest.raises(Turned) as turned:
        service.update("Things", KEY, {"Name": "two"}, 'W/"7"')
    assert turned.value.answer.verdict is Verdict.FAILED
    assert "The record was changed meanwhile" in turned.value.answer.reason
    with pytest.raises(Missing):
        service.update("Things", {**KEY, "Id": "none"}, {"Name": "two"})


def test_an_expired_csrf_token_is_fetched_again(vendor: ODataService, service: OData) -> None:
    service.create("Things", {**KEY, "Id": "1"})
    vendor.csrf = "expired"
    service.create("Things", {**KEY, "Id": "2"})
    assert len(vendor.table("Things")) == 2
    assert len(vendor.requests("GET")) == (2 if vendor.version == 2 else 0)


def test_values_are_written_as_each_dialect_does(vendor: ODataService, service: OData) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    written = [service.literal(value) for value in (True, 7, date(2026, 1, 2), moment)]
    if vendor.version == 2:
        assert written == ["true", "7", "datetime'2026-01-02T00:00:00'",
                           "datetimeoffset'2026-01-02T03:04:05Z'"]  # fmt: skip
    else:
        assert written == ["true", "7", "2026-01-02", "2026-01-02T03:04:05Z"]


def test_days_go_both_ways_in_v2() -> None:
    nowhere = Surroundings({}, {})
    assert odata.V2_DATE.out("2020-01-01", "", nowhere) == "/Date(1577836800000)/"
    assert odata.V2_DATE.same("/Date(1577836800000)/") == "2020-01-01"
    assert odata.instant_of("/Date(1577836800000+0000)/") == datetime(2020, 1, 1, tzinfo=UTC)
    assert odata.reason_of({"error": {"code": "X/1", "message": {"value": "No"},
                            "innererror": {"errordetails": [{"message": "Field"}]}}}
                           ) == "X/1 No (Field)"  # fmt: skip
