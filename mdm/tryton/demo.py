"""The demo firm's ERP as a real Tryton: set up from the hub's reference data, then subscribed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from canonical.governance import reference_data
from canonical.models import Crosswalk, LegalEntity, OrderBy, PaymentTerm, System, Term
from mdm.supervise import Service
from mdm.tryton import installation, server
from mdm.tryton.firm import Firm, furnish
from mdm.tryton.installation import Say
from mdm.tryton.server import Running
from sync import egress
from sync.connections import Wish, connect
from sync.connectors.tryton.profile import TRYTON
from sync.connectors.tryton.rpc import Account
from sync.models import Subscription
from sync.models.connections import LoginKind
from sync.outbound.subscriptions import subscribe

SYSTEM: Final = "tryton"
BY: Final = "demo"


def firm() -> Firm:
    """The firm as the hub knows it: our legal entities become companies, by their names."""
    entities = LegalEntity.objects.select_related("term").order_by("term__code")
    terms = PaymentTerm.objects.select_related("term").order_by("term__code")
    return Firm(
        companies={each.name: each.currency for each in entities},
        payment_terms={each.term.label: each.net_days or 0 for each in terms},
    )


@dataclass(frozen=True, slots=True)
class Enabled:
    """A Tryton that belongs to a demo: its process, not started, and where it answers."""

    service: Service
    here: Running


def enable(folder: Path, port: int, say: Say) -> Enabled:
    """Install Tryton, and once per folder set it up for the firm and subscribe it.

    Raises installation.Unavailable.
    """
    installed = installation.ensure(say)
    if not System.objects.filter(code=SYSTEM).exists():
        say("Setting Tryton up for the firm ...")
        shutil.rmtree(folder, ignore_errors=True)
        with server.running(installed, folder, port) as here, egress.Client() as client:
            link(here.url, furnish(here, firm(), client))
    return Enabled(*server.prepare(installed, folder, port))


def welcome(here: Running) -> str:
    """What a person reads when Tryton is up."""
    account = f"user {here.username}, password {here.password}"
    return f"""Tryton is the firm's ERP at {here.url} ({account}).
It receives every client, resource, contract, engagement and billing schedule. What you change
there comes back with this:
ASSAY_DEMO=1 ASSAY_VAR_DIR={here.database.parent.parent} python3 manage.py pull {SYSTEM}
"""


@transaction.atomic
def link(url: str, hub: Account, **wanted: Any) -> Subscription:
    """Connect the hub to a Tryton that is set up for its firm; it gets all it can hold."""
    System.objects.get_or_create(
        code=SYSTEM,
        defaults={"name": "Tryton ERP", "kind": "erp", "order_by": OrderBy.MODIFIED_AT},
    )
    for entity in LegalEntity.objects.select_related("term"):
        _word("legal_entity", entity.term, entity.name)
    for payment_term in PaymentTerm.objects.select_related("term"):
        _word("payment_terms", payment_term.term, payment_term.term.label)
    entities = list(TRYTON.objects)
    wish = Wish(
        system=SYSTEM,
        connector=TRYTON.name,
        url=url,
        login_kind=LoginKind.BASIC,
        login={"username": hub.username},
        secret=hub.password,
        settings=wanted.pop("settings", {}),
        entities=entities,
    )
    connect(wish, BY)
    wanted = {"entities": entities, "max_concurrency": 2, "restricted": True, **wanted}
    return subscribe(owner=BY, name="Tryton ERP", system=SYSTEM, connector=TRYTON.name, **wanted)


def _word(vocabulary: str, term: Term, word: str) -> None:
    """What Tryton calls it, unless it calls it something already."""
    said = {"system_id": SYSTEM, "vocabulary_id": vocabulary, "value": word}
    if not Crosswalk.objects.filter(**said).exists():
        reference_data.save_crosswalk(Crosswalk(**said, term=term, outbound=True))
