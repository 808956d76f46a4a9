"""What the demo firm needs before its records come: systems, keys, people, configuration."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from canonical import configuration
from canonical.access import issue_credential
from canonical.governance import policies
from canonical.models import (
    Crosswalk,
    ExchangeRate,
    LegalEntity,
    PaymentTerm,
    System,
    Term,
    User,
)
from canonical.models.access import SCOPES
from sync.inbound import catalogue

FIRM = Path(settings.BASE_DIR) / "fixtures" / "demo_firm"
SYSTEMS = {
    "crm": "Salesforce CRM",
    "erp": "NetSuite ERP",
    "psa": "Certinia PSA",
    "hr": "Workday HR",
    "billing": "Billing engine",
}
SECOND_CRM = {"hubspot": "HubSpot CRM"}
OF_A_SYSTEM = ["ingest", "match", "read"]
BY = "demo"
PEOPLE = ("steward", "finance", "integrator", "auditor")  # each in the group of that name


@transaction.atomic
def prepare(empty: bool) -> dict[str, Any]:
    """Create everything but records; what has secrets is returned, for the only time.

    An empty demo has no second CRM, no mappings and no crosswalk: its systems send canonical
    attributes. Returns `{"admin": ..., "people": ..., "credentials": {system: ...}}`.
    """
    names = SYSTEMS if empty else {**SYSTEMS, **SECOND_CRM}
    for code, name in names.items():
        System.objects.update_or_create(code=code, defaults={"name": name, "kind": _kind(code)})
    _reference_data(_read("reference_data.json"))
    if not empty:
        _crosswalks(_read("crosswalks.json"))
        _policies(_read("policy.json"))
        _mappings()
    configuration.touch()
    return {**_people(), "credentials": _credentials(names)}


def _kind(code: str) -> str:
    return "crm" if code in SECOND_CRM else code


def _read(name: str) -> Any:
    return json.loads((FIRM / name).read_text(encoding="utf-8"))


# --- reference data, crosswalk, policy


def _reference_data(data: dict[str, Any]) -> None:
    for vocabulary, labels in data["terms"].items():
        for code, label in labels.items():
            _term(vocabulary, code, label)
    for row in data["legal_entities"]:
        term = _term("legal_entity", row["code"], row["name"])
        facts = {name: value for name, value in row.items() if name != "code"}
        LegalEntity.objects.update_or_create(term=term, defaults=facts)
    for row in data["payment_terms"]:
        term = _term("payment_terms", row["code"], row["label"])
        PaymentTerm.objects.update_or_create(term=term, defaults={"net_days": row["net_days"]})
    for row in data["exchange_rates"]:
        ExchangeRate.objects.update_or_create(
            from_currency=row["from"],
            to_currency=row["to"],
            day=row["day"],
            defaults={"rate": row["rate"]},
        )


def _term(vocabulary: str, code: str, label: str) -> Term:
    return Term.objects.update_or_create(
        vocabulary_id=vocabulary, code=code, defaults={"label": label}
    )[0]


def _crosswalks(data: dict[str, dict[str, dict[str, str]]]) -> None:
    """Many words in, and the first of a system's words for a term is its word out."""
    terms = {(term.vocabulary_id, term.code): term for term in Term.objects.all()}
    rows = []
    for system, vocabularies in data.items():
        for vocabulary, words in vocabularies.items():
            spoken: set[str] = set()
            for word, code in words.items():
                rows.append(
                    Crosswalk(
                        system_id=system,
                        vocabulary_id=vocabulary,
                        value=word,
                        term=terms[vocabulary, code],
                        outbound=code not in spoken,
                    )
                )
                spoken.add(code)
    Crosswalk.objects.bulk_create(rows, ignore_conflicts=True)


def _policies(data: dict[str, Any]) -> None:
    for entity, rules in data.items():
        if policies.in_force(entity).rules != rules:
            policies.store(entity, rules, BY)


def _mappings() -> None:
    for path in sorted((FIRM / "mappings").glob("*.json")):
        spec = _read(f"mappings/{path.name}")
        if catalogue.active(spec["system"], spec["entity"]) is None:
            catalogue.save(spec, BY)


# --- who may come in


def _people() -> dict[str, Any]:
    admin = _person("admin")
    User.objects.filter(username="admin").update(is_superuser=True)
    return {"admin": admin, "people": [_person(name) for name in PEOPLE]}


def _person(username: str) -> dict[str, str]:
    password = secrets.token_urlsafe(12)
    user, _ = User.objects.get_or_create(username=username, defaults={"is_staff": True})
    user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name=username))
    return {"username": username, "password": password}


def _credentials(names: dict[str, str]) -> dict[str, dict[str, Any]]:
    issued = {
        code: issue_credential(System.objects.get(code=code), OF_A_SYSTEM, name=name)
        for code, name in names.items()
    }
    issued["integrator"] = issue_credential(
        None, SCOPES, name="Integrator", restricted=True, every_system=True
    )
    return {
        name: {
            "client_id": each.credential.client_id,
            "client_secret": each.client_secret,
            "scopes": each.credential.scopes,
        }
        for name, each in issued.items()
    }
