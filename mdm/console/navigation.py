"""The console's menu: what a day's work needs first, what is set up once last."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from canonical.access import AUDIT
from canonical.admin.base import principal_of
from canonical.entities import MODELS
from canonical.governance.work import waiting

ICONS = {
    "client": "domain",
    "resource": "person",
    "ratecard": "price_change",
    "contract": "contract",
    "engagement": "work",
    "billingschedule": "receipt_long",
}

Item = dict[str, Any]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the menu for the one who looks."""
    groups = [
        _group("", [_home(), _worklist(), _boards()]),
        _group("Golden records", [_golden(model) for model in MODELS]),
        _group("Identity", _identity()),
        _group("Sources", _sources(request)),
        _group("Targets", _targets()),
        _group("Reference data", _reference_data()),
    ]
    asked = principal_of(request)
    access = _access() if asked.may("admin") else []
    if AUDIT in asked.grants:
        access.append(_list("Audit", "policy", "canonical_auditentry"))
    if access:
        groups.append(_group("Access", access))
    return groups


def open_items(request: HttpRequest) -> str:
    """The number beside the worklist."""
    return str(waiting(timezone.now()).count())


def _group(title: str, items: list[Item]) -> dict[str, Any]:
    group: dict[str, Any] = {"items": items, "separator": bool(title)}
    return {**group, "title": title} if title else group


def _home() -> Item:
    return {"title": "Home", "icon": "home", "link": reverse("admin:index")}


def _worklist() -> Item:
    return {
        "title": "Worklist",
        "icon": "checklist",
        "link": reverse("console:queue"),
        "badge": "mdm.console.navigation.open_items",
    }


def _boards() -> Item:
    return {"title": "Boards", "icon": "monitoring", "link": reverse("console:sync_board")}


def _golden(model: Any) -> Item:
    name = model._meta.model_name
    return _list(
        str(model._meta.verbose_name_plural).capitalize(), ICONS[name], f"canonical_{name}"
    )


def _list(title: str, icon: str, name: str) -> Item:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{name}_changelist")}


def _identity() -> list[Item]:
    why = {"title": "Why not?", "icon": "help", "link": reverse("console:why")}
    return [
        why,
        _list("Reviews", "balance", "matching_review"),
        _list("Decisions", "gavel", "canonical_decision"),
        _list("Merges", "merge", "canonical_merge"),
        _list("Links", "link", "canonical_link"),
        _list("Journal", "history", "canonical_change"),
    ]


def _sources(request: HttpRequest) -> list[Item]:
    asked = principal_of(request)
    wizard = {"title": "Add a system", "icon": "add_link", "link": reverse("console:onboarding")}
    loads = {"title": "Loads", "icon": "upload_file", "link": reverse("console:loads")}
    return [
        *([wizard] if asked.may("admin") else []),
        *([loads] if asked.may("ingest") else []),
        _list("Systems", "hub", "canonical_system"),
        _list("Source records", "database", "canonical_sourcerecord"),
        _list("Connections", "cable", "sync_connection"),
        _list("Pulls", "sync", "sync_pull"),
        _list("Mappings", "schema", "sync_mapping"),
        _list("Submissions", "inbox", "sync_submission"),
        _list("Files", "folder_open", "sync_fileload"),
        _list("Policies", "rule", "canonical_policy"),
        _list("Matching models", "function", "matching_matchmodel"),
    ]


def _targets() -> list[Item]:
    return [
        _list("Subscriptions", "podcasts", "sync_subscription"),
        _list("Deliveries", "local_shipping", "sync_lane"),
        _list("Attempts", "outbox", "sync_attempt"),
        _list("Replays", "replay", "sync_replay"),
        _list("Drift", "difference", "sync_drift"),
        _list("Comparisons", "rule_settings", "sync_reconciliation"),
        _list("Plans", "checklist", "sync_plan"),
        _list("Old beliefs", "hourglass_top", "sync_step"),
        _list("Closing calendars", "event_busy", "sync_closingcalendar"),
    ]


def _reference_data() -> list[Item]:
    whole = {"title": "By vocabulary", "icon": "table", "link": reverse("console:vocabularies")}
    return [
        whole,
        _list("Vocabularies", "dictionary", "canonical_vocabulary"),
        _list("Terms", "sell", "canonical_term"),
        _list("Crosswalk", "swap_horiz", "canonical_crosswalk"),
        _list("Legal entities", "account_balance", "canonical_legalentity"),
        _list("Payment terms", "event_available", "canonical_paymentterm"),
        _list("Exchange rates", "currency_exchange", "canonical_exchangerate"),
    ]


def _access() -> list[Item]:
    return [
        _list("Credentials", "key", "canonical_credential"),
        _list("People", "group", "canonical_user"),
        _list("Groups", "groups", "auth_group"),
    ]
