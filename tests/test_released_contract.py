"""The API against its last release, and its catalogue."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from canonical.api.contract import catalogue, release
from canonical.api.contract.compatibility import breaking
from canonical.models.access import SCOPES
from tests import openapi


def test_callers_of_the_last_release_are_not_broken() -> None:
    kept = list(release.FOLDER.glob("openapi-*.json"))
    assert len(kept) == 1
    assert breaking(json.loads(kept[0].read_text()), openapi.document()) == []


def test_a_break_fails_the_command_until_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "FOLDER", tmp_path)
    call_command("contract", stdout=StringIO())
    path = release.keep(openapi.document() | {"paths": {"/gone": {"get": {"responses": {}}}}})
    told = StringIO()
    with pytest.raises(CommandError):
        call_command("contract", stdout=told)
    assert told.getvalue() == "GET /gone: the operation was removed.\n"
    call_command("contract", "--keep", stdout=told)
    assert list(tmp_path.iterdir()) == [path]
    call_command("contract", stdout=StringIO())


def test_the_catalogue_has_every_operation() -> None:
    listed = Client().get("/api/catalogue/", {"format": "json"}).json()["operations"]
    documented = [(m.upper(), path) for path, m, _ in openapi.operations(openapi.document())]
    assert sorted((each["method"], each["path"]) for each in listed) == sorted(documented)
    for each in listed:
        assert each["owner"]
        assert each["criticality"] in catalogue.CRITICALITIES
        assert each["scope"] in {*SCOPES, None}
    page = Client().get("/api/catalogue/").content.decode()
    assert all(each["path"] in page for each in listed)


def test_each_scope_has_an_owner() -> None:
    assert catalogue.OF_SCOPE.keys() == SCOPES.keys()
