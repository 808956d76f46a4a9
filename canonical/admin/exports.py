"""Golden records as CSV or as a spreadsheet: what the list shows, previewed before it is sent."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from openpyxl import Workbook

from canonical.documents import records
from canonical.documents.flat import ENVELOPE, columns, flat
from canonical.documents.records import View
from canonical.entities import schema_of

CHUNK = 500
PREVIEWED = 5
MOST = 100_000  # more is what the API's snapshot is for
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ExportMixin:
    """An `export/` beside a list of golden records, for the filters and the search as they are."""

    def export(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse | FileResponse:
        """The preview, or with `format` the file; restricted values have no column."""
        admin: Any = self
        if not admin.has_view_permission(request):
            return HttpResponse(status=403)
        entity = admin.model.ENTITY
        query = request.GET.copy()
        form, chosen = query.pop("format", [""])[-1], query.pop("column", [])
        request.GET = query  # type: ignore[assignment]
        found = admin.get_changelist_instance(request).get_queryset(request)
        goldens = found.order_by("golden__code").values_list("golden_id", flat=True)
        names = [name for name in columns(schema_of(entity)) if not chosen or name in chosen]
        if form in _WRITERS:
            rows = _rows(entity, goldens[:MOST].iterator(CHUNK), names)
            file: FileResponse = _WRITERS[form](
                f"{admin.model.PATH}.{form}", [*ENVELOPE, *names], rows
            )
            return file
        context = {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "title": f"Export {admin.opts.verbose_name_plural}",
            "count": found.count(),
            "most": MOST,
            "columns": columns(schema_of(entity)),
            "names": [*ENVELOPE, *names],
            "rows": list(_rows(entity, iter(goldens[:PREVIEWED]), names)),
            "query": list(query.items()),
        }
        return render(request, "canonical/admin/export.html", context)


def _rows(entity: str, goldens: Iterator[UUID], names: Sequence[str]) -> Iterator[list[str]]:
    schema = schema_of(entity)
    chunk: list[UUID] = []
    for golden in goldens:
        chunk.append(golden)
        if len(chunk) == CHUNK:
            yield from _shown(schema, chunk, names)
            chunk = []
    yield from _shown(schema, chunk, names)


def _shown(schema: Any, goldens: Sequence[UUID], names: Sequence[str]) -> Iterator[list[str]]:
    for document in records.show(records.current(goldens), View()):
        code = str(document["code"])
        yield [code, code, *flat(schema, document, names)]


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _csv(name: str, head: Sequence[str], rows: Iterator[list[str]]) -> StreamingHttpResponse:
    """With a byte order mark, by which spreadsheets know that it is UTF-8."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff" + writer.writerow(head)
        for row in rows:
            yield writer.writerow(row)

    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8", headers=headers)


def _xlsx(name: str, head: Sequence[str], rows: Iterator[list[str]]) -> FileResponse:
    """Every cell as text: nothing is a formula, and no code loses its zeros."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Records")
    sheet.append(list(head))
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=SHEET)


_WRITERS: dict[str, Any] = {"csv": _csv, "xlsx": _xlsx}
