"""The page of one golden record: its head, and a tab for each question about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from canonical.admin.base import may_unmask, unmasked
from canonical.admin.records import said
from canonical.documents import history as past
from canonical.documents import lineage, records
from canonical.documents.records import View
from canonical.documents.titles import titles
from canonical.entities import schema_of
from canonical.golden import due
from canonical.governance import stewardship
from canonical.identity import merging
from canonical.models import CONSOLE, Golden, GoldenReference, Link, Merge, WorkItem
from matching.models import MatchEvidence
from mdm.console.effects import title_of
from mdm.console.pages import page, show
from mdm.console.typed import written
from mdm.console.values import label, shown
from sync.models import Attempt, Lane

ROWS_SHOWN = 200
VERSIONS_SHOWN = 20
Context = dict[str, Any]


@page
def golden_page(request: HttpRequest, golden: UUID) -> HttpResponse:
    """The tab the address asks for, the profile where it asks for none."""
    record = get_object_or_404(Golden, pk=golden)
    name = request.GET.get("tab", "")
    tab = name if name in TABS else "profile"
    sees = unmasked(request, record.pk)
    document = records.show(records.current([record.pk]), View(sees))[0]
    context = TABS[tab](record, sees, request.GET)
    return show(
        request,
        f"console/golden/{tab}.html",
        title_of(document) or record.code,
        golden=record,
        head=_head(record, document),
        unmaskable=bool(document.get("masked")) and may_unmask(request),
        tabs=[(each, label(each), each == tab) for each in TABS],
        **context,
    )


def _head(golden: Golden, document: Mapping[str, Any]) -> Context:
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
        "survivor": survivor if survivor.pk != golden.pk else None,
        "due": bool(due.pending([golden.pk])),
        "work": WorkItem.objects.filter(golden=golden, state="open").order_by("opened_at")[:10],
    }


# --- tabs


def profile(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """Each value with its source; what lost, and by which rule; what is pinned."""
    told = lineage.of(golden, sees_restricted=sees)
    pinned = stewardship.overrides(golden.pk)
    rows = [_attribute(row, pinned) for row in told["attributes"]]
    parts = [
        {"path": path, "value": shown(note["value"]), **note}
        for path, note in sorted(pinned.items())
        if "[" in path
    ]
    masked = {
        a.name for a in schema_of(golden.entity) if not sees and (a.restricted or _hides(a.fields))
    }
    names = [a.name for a in schema_of(golden.entity) if a.name not in masked]
    return {
        "rows": rows,
        "pinned_parts": parts,
        "attributes": names,
        "pin": _to_pin(query, told["attributes"], names),
        "policy_version": told["policy_version"],
    }


def _hides(fields: Any) -> bool:
    return any(part.restricted for part in fields)


def _attribute(row: Mapping[str, Any], pinned: Mapping[str, Any]) -> Context:
    return {
        **row,
        "label": label(row["attribute"]),
        "shown": shown(row["value"]),
        "winner": {**row["winner"], "shown": shown(row["winner"]["value"])},
        "losing": [{**one, "shown": shown(one["value"])} for one in row["losing"]],
        "pinned": pinned.get(row["attribute"]),
    }


def _to_pin(query: Mapping[str, str], rows: list[Context], names: list[str]) -> Context:
    """What the form begins with: an attribute, and the value of the source that was clicked."""
    path, source = query.get("pin", ""), query.get("from", "")
    known = {row["attribute"]: row for row in rows}
    if path not in names:
        return {"path": "", "value": ""}
    row = known.get(path)
    if row is None:
        return {"path": path, "value": ""}
    said_by = [row["winner"], *row["losing"]]
    chosen = [one for one in said_by if f"{one['system']}/{one['source_id']}" == source]
    return {"path": path, "value": written((chosen or said_by)[0]["value"])}


def source_records(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """The linked source records, what each says, and why it is here."""
    links = list(
        Link.objects.filter(golden=golden, until__isnull=True)
        .select_related("record__system", "record__current")
        .order_by("since", "id")[:ROWS_SHOWN]
    )
    evidence = {e.link_id: e for e in MatchEvidence.objects.filter(link__in=links)}
    return {
        "links": [
            {
                "row": link,
                "record": link.record,
                "evidence": evidence.get(link.pk),
                "splittable": link.record.system_id != CONSOLE,
                **(said(link.record.current, link.record, sees) if link.record.current else {}),
            }
            for link in links
        ]
    }


def relations(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """What it refers to and what refers to it."""
    out = list(GoldenReference.objects.filter(golden=golden).order_by("path")[:ROWS_SHOWN])
    into = list(
        GoldenReference.objects.filter(target=golden).order_by("-golden_id", "path")[:ROWS_SHOWN]
    )
    named = titles([r.target_id for r in out] + [r.golden_id for r in into])
    return {
        "out": [(label(r.path), named[r.target_id], r.ordering) for r in out],
        "into": [(label(r.path), named[r.golden_id], r.ordering) for r in into],
        "limit": ROWS_SHOWN,
    }


def history(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """The journal of this record, newest first."""
    text = query.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    rows = past.versions(golden, VERSIONS_SHOWN + 1, before)
    versions = past.show(rows, VERSIONS_SHOWN, sees_restricted=sees)
    for version in versions:
        version["differences"] = [
            {
                "label": label(change["attribute"]),
                "before": shown(change["before"]),
                "after": shown(change["after"]),
            }
            for change in version["changes"]
        ]
    more = rows[VERSIONS_SHOWN - 1].version if len(rows) > VERSIONS_SHOWN else None
    return {"versions": versions, "more": more}


def merges(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """The tree of what was merged into it, each with its undo; and what was undone."""
    open_merges = merging.tree(golden.pk)
    undone = Merge.objects.filter(survivor=golden, undone_at__isnull=False).order_by("-undone_at")
    past_merges = list(undone.select_related("absorbed")[:ROWS_SHOWN])
    named = titles([m.absorbed_id for m in [*open_merges, *past_merges]])
    depth = {golden.pk: 0}
    for merge in open_merges:
        depth[merge.absorbed_id] = depth.get(merge.survivor_id, 0) + 1
    return {
        "tree": [
            (merge, named[merge.absorbed_id], depth[merge.absorbed_id]) for merge in open_merges
        ],
        "undone": [(merge, named[merge.absorbed_id]) for merge in past_merges],
    }


def deliveries(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """What each target is owed, has confirmed, and what was tried last."""
    lanes = Lane.objects.filter(golden=golden).select_related("subscription__system", "waiting_on")
    attempts = Attempt.objects.filter(lane__golden=golden).select_related("lane__subscription")
    return {
        "lanes": lanes.order_by("subscription__name"),
        "attempts": attempts.order_by("-id")[:VERSIONS_SHOWN],
    }


TABS: dict[str, Callable[[Golden, bool, Mapping[str, str]], Context]] = {
    "profile": profile,
    "records": source_records,
    "relations": relations,
    "history": history,
    "merges": merges,
    "deliveries": deliveries,
}
