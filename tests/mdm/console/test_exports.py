"""Lists go out as CSV and spreadsheets, and come back through intake."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from canonical.entities import MODELS
from canonical.models import Golden, Link, System
from sync.inbound import uploads
from sync.models import Upload, UploadState
from tests.factories.firm import Firm, SignIn, send

pytestmark = pytest.mark.django_db


def where(model: Any, **query: str) -> str:
    return reverse(f"admin:canonical_{model._meta.model_name}_export", query=query)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


CLIENT = MODELS[0]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.ENTITY)
def test_every_entity_is_previewed_and_exported(firm: Firm, sign_in: SignIn, model: Any) -> None:
    browser = sign_in("finance")
    assert "The first rows" in browser.get(where(model)).content.decode()
    rows = list(csv.reader(io.StringIO(body(browser.get(where(model, format="csv"))).decode())))
    assert rows[0][:2] == ["\ufeffsource_id", "same_as"]
    assert len(rows) - 1 == Golden.objects.filter(entity=model.ENTITY).count()
    book = load_workbook(io.BytesIO(body(browser.get(where(model, format="xlsx")))))
    assert book.active.max_row == len(rows)


def test_filters_search_and_columns_hold(firm: Firm, sign_in: SignIn) -> None:
    send("crm", "client", "X-1", legal_name="=1+1", currency="EUR")
    browser = sign_in("steward")
    answer = browser.get(where(CLIENT, q="=1+1", format="csv", column="legal_name"))
    rows = list(csv.reader(io.StringIO(body(answer).decode("utf-8-sig"))))
    assert rows[0] == ["source_id", "same_as", "legal_name"]
    assert [row[2] for row in rows[1:]] == ["'=1+1"]


def test_restricted_values_never_go_out(firm: Firm, sign_in: SignIn) -> None:
    text = body(sign_in("finance").get(where(CLIENT, format="csv"))).decode()
    assert "GB33BUKB" not in text
    assert "bank_accounts" not in text


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_exported_file_that_was_changed_comes_in_through_intake(
    firm: Firm, sign_in: SignIn, form: str
) -> None:
    System.objects.create(code="sheet", name="Spreadsheet", order_by="received")
    browser = sign_in("admin")
    content = body(browser.get(where(CLIENT, format=form)))
    file = SimpleUploadedFile(f"clients.{form}", content)
    told = {"system": "sheet", "entity": "client", "id_column": "source_id", "file": file}
    browser.post(reverse("console:new_load"), told)
    uploads.work_off()
    upload = Upload.objects.get()
    assert upload.report["groups"].get("refused", 0) == 0, upload.report
    uploads.ask(upload, UploadState.LOADING)
    uploads.work_off()
    linked = Link.objects.filter(record__system="sheet", until__isnull=True)
    codes = dict(linked.values_list("record__source_id", "golden__code"))
    assert codes
    assert all(source_id == code for source_id, code in codes.items())
