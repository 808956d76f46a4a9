"""`GET /api/v1/snapshot`: everything at once, as lines, with the cursor the feed goes on from."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import astuple
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from django.http import StreamingHttpResponse
from rest_framework.request import Request

from canonical.api import parameters, schemas
from canonical.api.contract import describe, throttles
from canonical.api.contract.cursors import known_parameters, seal
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.problems import Problem
from canonical.api.contract.renderers import NDJSON, ContractRenderer, LineRenderer, dumps
from canonical.api.contract.view import ContractView
from canonical.entities import ENTITIES, schema_of
from sync.api.changes import PURPOSE
from sync.outbound.publishing import snapshot

GZIP: Final = 16 + zlib.MAX_WBITS  # zlib's word for the gzip format
_REFUSES_GZIP: Final = re.compile(r"gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)")


class Snapshot(ContractView):
    """Golden records as lines, between a line that begins and a line that ends the snapshot."""

    scopes: ClassVar = {"GET": "read"}
    renderer_classes = (LineRenderer, ContractRenderer)

    def get(self, request: Request) -> Any:
        known_parameters(request.query_params, ("entity",))
        entity = parameters.entity(request.query_params)
        beginning = self._beginning(request, entity)
        found = snapshot.documents(
            [entity] if entity else list(ENTITIES),
            sees_restricted=self.principal.sees_restricted,
        )
        caller = self.principal.id
        throttles.take_rows(caller, 0)
        answer = StreamingHttpResponse(_lines(beginning, found, caller), content_type=NDJSON)
        answer.headers["Vary"] = "Accept-Encoding"
        if _takes_gzip(request.headers.get("Accept-Encoding", "")):
            answer.headers["Content-Encoding"] = "gzip"
            answer.streaming_content = _compressed(answer.streaming_content)  # type: ignore[arg-type]
        return answer

    @staticmethod
    def _beginning(request: Request, entity: str | None) -> dict[str, Any]:
        cursor = seal(PURPOSE, astuple(snapshot.begin()))
        query = {"after": cursor} | ({"entity": schema_of(entity).path} if entity else {})
        address = request.build_absolute_uri(f"/api/v1/changes?{urlencode(query)}")
        return {"snapshot": {"cursor": cursor, "changes": address}}

    def describe(self, method: str) -> Operation:
        return _SNAPSHOT


def _lines(
    beginning: dict[str, Any], found: Iterable[dict[str, Any]], caller: str
) -> Iterator[bytes]:
    yield dumps(beginning) + b"\n"
    count = 0
    for count, document in enumerate(found, 1):  # noqa: B007 (the last number is the count)
        yield dumps(document) + b"\n"
    with suppress(Problem):  # this one is over; the next is refused
        throttles.take_rows(caller, count)
    yield dumps({"complete": {"records": count}}) + b"\n"


def _takes_gzip(accepted: str) -> bool:
    return "gzip" in accepted and not _REFUSES_GZIP.search(accepted)


def _compressed(lines: Iterable[bytes]) -> Iterator[bytes]:
    squeezer = zlib.compressobj(level=3, wbits=GZIP)
    for line in lines:
        if squeezed := squeezer.compress(line):
            yield squeezed
    yield squeezer.flush()


_BEGINNING: Final = describe.record(
    {"snapshot": describe.record({"cursor": describe.STRING, "changes": describe.STRING})}
)
_COMPLETE: Final = describe.record({"complete": describe.record({"records": describe.INTEGER})})
_DOCUMENTS: Final = [describe.named(schemas.component(entity)) for entity in ENTITIES]
_SNAPSHOT: Final = Operation(
    "read_snapshot",
    "Begin with everything",
    "Every published golden record, retired and merged ones too, one JSON text a line, compressed "
    "where `Accept-Encoding` has gzip. The first line has the `cursor` of the change feed to go on "
    "from, read before the first record: what changes meanwhile comes again there, so ignore a "
    "version that is not newer than yours. The last line has the number of records; without it "
    "the snapshot was cut off and has to be read again.",
    "Changes",
    {
        200: Answer(
            "The lines; this is the schema of each.",
            {"anyOf": [_BEGINNING, *_DOCUMENTS, _COMPLETE]},
            schemas.entity_example("client"),
            media=NDJSON,
        )
    },
    query=(
        describe.in_query(
            "entity",
            "Only of this entity.",
            {"type": "string", "enum": parameters.PATHS},
        ),
    ),
)
