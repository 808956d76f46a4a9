"""The board of completeness: by entity and by source, with the trend of the last ninety days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from canonical.entities import ENTITIES, model_of
from canonical.governance.completeness import GOLDEN
from canonical.models import Completeness, System
from mdm.console.boards.charts import trend
from mdm.console.layout.drawings import bars
from mdm.console.pages import page, show

DAYS = 90


@page
def completeness_board(request: HttpRequest) -> HttpResponse:
    """All entities; the golden records beside each source that tells of them."""
    since = timezone.now().date() - timedelta(days=DAYS)
    names = dict(System.objects.values_list("code", "name"))
    rows = list(Completeness.objects.filter(day__gte=since).order_by("day", "system"))
    return show(
        request,
        "console/boards/completeness.html",
        "Completeness",
        board="completeness",
        entities=[_entity(e, [r for r in rows if r.entity == e], names) for e in ENTITIES],
        taken_at=max((row.taken_at for row in rows), default=None),
    )


def _entity(entity: str, rows: list[Completeness], names: dict[str, str]) -> dict[str, Any]:
    series: dict[str, list[tuple[str, float]]] = {}
    newest: dict[str, Completeness] = {}
    for row in rows:
        name = "Golden records" if row.system == GOLDEN else names.get(row.system, row.system)
        newest[name] = row
        if row.share is not None:
            series.setdefault(name, []).append((row.day.isoformat(), row.share))
    golden = newest.get("Golden records")
    filled = golden.by_attribute.items() if golden else ()
    wanted = golden.records if golden else 0
    missing = {name.replace("_", " "): wanted - number for name, number in filled}
    return {
        "entity": entity,
        "name": str(model_of(entity)._meta.verbose_name_plural),
        "lines": trend(series),
        "newest": newest,
        "missing": bars(sorted(((n, c) for n, c in missing.items() if c), key=lambda r: -r[1])),
    }
