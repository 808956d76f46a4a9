"""A hub with one client in it, and a file of an acquired firm's clients."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from canonical.models import System
from sync.inbound import catalogue, uploads
from sync.models import Upload, UploadState
from tests.factories import hub

MAPPING = {
    "system": "acquired",
    "entity": "client",
    "version": 1,
    "rules": [
        {"to": "legal_name", "from": "Company", "transforms": [{"name": "trim"}]},
        {"to": "website", "from": "Web", "transforms": [{"name": "trim"}]},
        {"to": "currency", "from": "Cur", "transforms": [{"name": "currency"}]},
        {"to": "client_status", "from": "Stage", "transforms": [{"name": "code"}]},
    ],
    "lists": {
        "tax_ids": [
            {
                "each": "@",
                "rules": [
                    {"to": "country", "constant": "DE"},
                    {"to": "value", "from": "VAT", "transforms": [{"name": "trim"}]},
                ],
            }
        ],
        "addresses": [
            {
                "each": "@",
                "rules": [
                    {"to": "role", "constant": "registered"},
                    {"to": "locality", "from": "City", "transforms": [{"name": "trim"}]},
                    {"to": "country", "constant": "DE"},
                ],
            }
        ],
    },
}
HELD: dict[str, Any] = {
    "legal_name": "Hansekontor Logistik GmbH",
    "website": "https://hansekontor.example",
    "currency": "EUR",
    "tax_ids": [{"country": "DE", "value": "DE136695976"}],
    "addresses": [{"role": "registered", "locality": "Hamburg", "country": "DE"}],
}
ROWS = [
    {"id": "1", "Company": "Hansekontor Logistik GmbH", "Web": "https://hansekontor.example",
     "VAT": "DE136695976", "City": "Hamburg", "Cur": "USD", "Stage": "active"},
    {"id": "2", "Company": "Quillfeather & Moss Ltd", "Web": "https://quillfeather.example",
     "VAT": "", "City": "Bremen", "Cur": "EUR", "Stage": "warm lead"},
    {"id": "3", "Company": "", "Web": "", "VAT": "", "City": "", "Cur": "", "Stage": "active"},
    {"id": "4", "Company": "Ostwind Beratung AG", "Web": "https://ostwind.example", "VAT": "",
     "City": "Rostock", "Cur": "EUR", "Stage": "active"},
]  # fmt: skip

Bring = Callable[..., Upload]


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@pytest.fixture
def bring(db: None) -> Bring:
    """Uploads rows for the acquired firm's system, which is set up with its mapping."""
    hub.open_hub()
    System.objects.create(code="acquired", name="Acquired CRM", order_by="received")
    catalogue.save(MAPPING, "test")
    hub.client(
        HELD["legal_name"], "crm", "A-1", **{k: v for k, v in HELD.items() if k != "legal_name"}
    )

    def brought(rows: list[dict[str, Any]] | None = None, name: str = "export.csv") -> Upload:
        content = as_csv(ROWS if rows is None else rows)
        return uploads.bring(hub.SENDER, "acquired", "client", name, content, "id")

    return brought


def done(upload: Upload, wish: UploadState) -> Upload:
    """Asks for a step and lets the worker take it."""
    uploads.ask(upload, wish)
    assert uploads.work_one(upload.pk)
    upload.refresh_from_db()
    return upload


def taken_back(upload: Upload, reason: str = "wrong file") -> Upload:
    uploads.withdraw(upload, hub.SENDER, reason)
    assert uploads.work_one(upload.pk)
    upload.refresh_from_db()
    return upload
