"""Source records: what each says, why it is here, and how they hang together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canonical.admin.records import said
from canonical.models import CONSOLE, Golden, Link
from matching.models import MatchEvidence
from matching.questions import explanation
from mdm.console.layout.drawings import web

Context = dict[str, Any]
ROWS_SHOWN = 200


def source_records(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """The linked source records, what each says, and why it is here."""
    links = list(
        Link.objects.filter(golden=golden, until__isnull=True)
        .select_related("record__system", "record__current")
        .order_by("since", "id")[:ROWS_SHOWN]
    )
    evidence = {e.link_id: e for e in MatchEvidence.objects.filter(link__in=links)}
    systems = {link.record_id: str(link.record) for link in links}
    cluster = explanation.of_cluster(golden.entity, golden.pk) if len(links) > 1 else None
    return {
        "web": web(cluster, systems) if cluster and len(cluster.members) > 1 else None,
        "links": [
            {
                "row": link,
                "record": link.record,
                "evidence": evidence.get(link.pk),
                "splittable": link.record.system_id != CONSOLE,
                **(said(link.record.current, link.record, sees) if link.record.current else {}),
            }
            for link in links
        ],
    }
