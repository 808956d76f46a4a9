"""History: the journal of one record, newest first, and any two versions compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canonical.documents import history as past
from canonical.models import Change, Golden
from mdm.console.golden.tabs.timeline import past_differences

Context = dict[str, Any]
VERSIONS_SHOWN = 20


def history(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """The journal of this record, newest first."""
    text = query.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    rows = past.versions(golden, VERSIONS_SHOWN + 1, before)
    versions = past.show(rows, VERSIONS_SHOWN, sees_restricted=sees)
    for version in versions:
        version["differences"] = past_differences(version["changes"])
    more = rows[VERSIONS_SHOWN - 1].version if len(rows) > VERSIONS_SHOWN else None
    return {"versions": versions, "more": more, "between": _between(golden, sees, query)}


def _between(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context | None:
    """What lies between two versions the address names."""
    texts = [query.get("from", ""), query.get("to", "")]
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in texts):
        return None
    earlier, later = sorted(map(int, texts))
    rows = Change.objects.filter(golden=golden, version__in={earlier, later})
    found = {row.version: row for row in rows.select_related("golden")}
    if len(found) < 2:
        return None
    changes = past.show([found[later], found[earlier]], 1, sees_restricted=sees)[0]["changes"]
    return {"from": earlier, "to": later, "differences": past_differences(changes)}
