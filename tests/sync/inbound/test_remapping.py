"""What a system sent before follows its new mapping in the background, by one worker at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NoReturn

import pytest

from canonical import writer
from sync.inbound import catalogue, remap, remapping
from sync.inbound.onboarding import set_up
from sync.models import Mapping
from tests.factories import hub

pytestmark = pytest.mark.django_db
NAME: dict[str, Any] = {"to": "legal_name", "from": "Name"}
SITE: dict[str, Any] = {"to": "website", "from": "Site"}


def spec(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"system": "crm", "entity": "client", "version": 1, "rules": list(rules)}


@pytest.fixture
def behind() -> Mapping:
    """A mapping in force that a record held does not follow yet."""
    hub.open_hub()
    catalogue.save(spec(NAME), "Ann")
    hub.put("crm", "client", "A-1", {"Name": "Ostwind Werft AG", "Site": "ostwind.example"}, 1)
    return set_up(spec(NAME, SITE), "", "", hub.STEWARD)


def website() -> Any:
    return hub.document(hub.home("crm", "A-1")).get("website")


def test_records_held_follow_and_then_nothing_waits(behind: Mapping) -> None:
    assert behind.behind
    assert remapping.work_off() == 1
    assert "ostwind.example" in website()
    behind.refresh_from_db()
    assert (behind.behind, behind.leased_until) == (False, None)
    assert remapping.work_off() == 0
    hub.assert_sound()


def test_a_mapping_with_nothing_before_it_is_not_behind() -> None:
    hub.open_hub()
    assert not set_up(spec(NAME), "", "", hub.STEWARD).behind


def test_what_another_works_on_is_left_to_it_until_its_lease_ends(behind: Mapping) -> None:
    mine = Mapping.objects.filter(pk=behind.pk)
    mine.update(leased_until=writer.now() + timedelta(seconds=30))
    assert remapping.work_off() == 0
    mine.update(leased_until=writer.now() - timedelta(seconds=1))
    assert remapping.work_off() == 1


def test_what_breaks_off_is_taken_up_again(
    behind: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> NoReturn:
        raise RuntimeError("half way")

    with monkeypatch.context() as patched:
        patched.setattr(remap, "remap", broken)
        with pytest.raises(RuntimeError):
            remapping.work_off()
    behind.refresh_from_db()
    assert (behind.behind, behind.leased_until) == (True, None)
    assert remapping.work_off() == 1
    assert "ostwind.example" in website()


def test_a_mapping_that_was_replaced_is_no_longer_followed(behind: Mapping) -> None:
    set_up(spec(NAME), "", "", hub.STEWARD)
    assert remapping.work_off() == 1
    assert website() is None
