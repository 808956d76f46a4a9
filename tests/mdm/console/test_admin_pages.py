"""Every list and every record of the admin opens, and asks the database a few times only."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories.firm import Firm, SignIn

MODELS = list(admin.site._registry)


def address(model: type[models.Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_lists_and_records_open(firm: Firm, sign_in: SignIn, model: type[models.Model]) -> None:
    browser = sign_in("admin")
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(address(model, "changelist"), {"q": "Northwind"})
    assert answer.status_code == 200
    assert len(queries) <= 20
    first = model._default_manager.order_by("pk").first()
    if first is not None:
        answer = browser.get(address(model, "change", first.pk), follow=True)
        assert answer.status_code == 200
    if admin.site._registry[model].has_add_permission(answer.wsgi_request):
        assert browser.get(address(model, "add")).status_code == 200
