"""The page of one golden record: its head, and a tab for each question about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from canonical.admin.base import may_unmask, unmasked
from canonical.documents import records
from canonical.documents.records import View
from canonical.entities import schema_of
from canonical.golden import due
from canonical.models import Golden, WorkItem
from mdm.console.golden.effects import title_of
from mdm.console.golden.tabs.deliveries import deliveries
from mdm.console.golden.tabs.history import history
from mdm.console.golden.tabs.merges import merges
from mdm.console.golden.tabs.profile import profile
from mdm.console.golden.tabs.quality import quality, score
from mdm.console.golden.tabs.records import source_records
from mdm.console.golden.tabs.relations import relations
from mdm.console.golden.tabs.timeline import timeline
from mdm.console.layout.values import label
from mdm.console.pages import page, show

Context = dict[str, Any]
Tab = Callable[[Golden, bool, Mapping[str, str]], Context]
TABS: dict[str, Tab] = {
    "profile": profile,
    "records": source_records,
    "relations": relations,
    "timeline": timeline,
    "quality": quality,
    "history": history,
    "merges": merges,
    "deliveries": deliveries,
}


@page
def golden_page(request: HttpRequest, golden: UUID) -> HttpResponse:
    """The tab the address asks for, the profile where it asks for none."""
    record = get_object_or_404(Golden, pk=golden)
    name = request.GET.get("tab", "")
    tab = name if name in TABS else "profile"
    sees = unmasked(request, record.pk)
    current = records.current([record.pk])
    document = records.show(current, View(sees))[0]
    context = TABS[tab](record, sees, request.GET)
    return show(
        request,
        f"console/golden/{tab}.html",
        title_of(document) or record.code,
        golden=record,
        head=_head(record, document, current[0].content),
        unmaskable=bool(document.get("masked")) and may_unmask(request),
        tabs=[(each, label(each), each == tab) for each in TABS],
        **context,
    )


def _head(golden: Golden, document: Mapping[str, Any], content: Mapping[str, Any]) -> Context:
    """Code, state, completeness, and what is open about it."""
    mandatory = [a.name for a in schema_of(golden.entity) if a.mandatory]
    missing = [name for name in mandatory if document.get(name) in (None, "", [])]
    filled = len(mandatory) - len(missing)
    survivor = records.survivor(golden)
    return {
        "document": document,
        "entity": golden.entity.replace("_", " "),
        "systems": sorted(Counter(s["system"] for s in document["sources"]).items()),
        "complete": round(100 * filled / len(mandatory)) if mandatory else 100,
        "missing": [label(name) for name in missing],
        "quality": score(golden, content),
        "survivor": survivor if survivor.pk != golden.pk else None,
        "due": bool(due.pending([golden.pk])),
        "work": WorkItem.objects.filter(golden=golden, state="open").order_by("opened_at")[:10],
    }
