"""OData V2 and V4: keys, filters, pages, tags, and V2's wrappers, dates and CSRF tokens.

OASIS OData 4.01 (JSON format), and OData 2.0 as SAP Gateway speaks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Lock
from typing import Any, Final
from uuid import UUID

from sync.connectors.base import Missing
from sync.connectors.faults import Turned
from sync.connectors.forms import Form, Surroundings, plain
from sync.connectors.rest import Response, Rest, by_status, segment

TOKEN: Final = "x-csrf-token"  # noqa: S105 (the name of a header)
ANY: Final = "*"
TAG: Final = "@etag"  # where a record that was read keeps its tag
STAMP: Final = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class OData:
    """One service below one address; safe to share between threads."""

    def __init__(
        self, rest: Rest, service: str, version: int = 4, query: Mapping[str, str] | None = None
    ) -> None:
        """Of `query` each request gets a copy: what a vendor wants beside OData's own options."""
        self._rest, self._service, self._v2 = rest, service.rstrip("/"), version == 2
        self._always = dict(query or {})
        self._guard = Lock()
        self._session: dict[str, str] | None = None

    # Asking

    def get(self, entities: str, key: Mapping[str, Any], **options: str) -> dict[str, Any] | None:
        """A record by its key, with its tag in `@etag`; None where there is none.

        Options are those of OData without the dollar: select, expand.
        """
        path = f"{self._service}/{entities}{self.key(key)}"
        query = self._always | _options(options)
        response = self._rest.call("GET", path, query=query, headers=self._accept())
        if response.status == 404:
            return None
        return self._record(_done(response))

    def query(self, entities: str, **options: str) -> Iterator[list[dict[str, Any]]]:
        """Pages of records; options as filter, select, expand, orderby, top, skip."""
        path: str | None = f"{self._service}/{entities}"
        query: Mapping[str, str] | None = self._always | _options(options)
        while path:
            response = _done(self._rest.call("GET", path, query=query, headers=self._accept()))
            rows, path = self._page(response.data)
            path, query = (self._following(path), None) if path else (None, None)
            yield [self._simple(row) for row in rows]

    def first(self, entities: str, **options: str) -> dict[str, Any] | None:
        """The first record that a query finds."""
        rows = next(self.query(entities, **options, top="1"), [])
        return rows[0] if rows else None

    # Writing

    def create(self, entities: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make a record; deep ones come in one body."""
        return self._record(_done(self._write("POST", f"/{entities}", body)))

    def update(
        self, entities: str, key: Mapping[str, Any], body: Mapping[str, Any], tag: str = ANY
    ) -> None:
        """Change what the body names; the tag says which version it is meant for.

        Missing where there is no such record; Turned (to try again) where it is another version.
        """
        headers = {"if-match": tag}
        _done(self._write("PATCH", f"/{entities}{self.key(key)}", body, headers))

    def delete(self, entities: str, key: Mapping[str, Any]) -> None:
        """Take away a part of a record; one that is not there needs nothing."""
        response = self._write("DELETE", f"/{entities}{self.key(key)}", None, {"if-match": ANY})
        if response.status != 404:
            _done(response)

    def act(self, name: str, parameters: Mapping[str, Any]) -> None:
        """Do what V2 calls a function import: its parameters stand in the address."""
        query = {each: self.literal(value) for each, value in parameters.items()}
        _done(self._write("POST", f"/{name}", None, query=query))

    def _write(
        self,
        method: str,
        path: str,
        body: Any,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Response:
        sent = {**self._accept(), **(headers or {})}
        path, query = self._service + path, {**self._always, **(query or {})}
        if not self._v2:
            return self._rest.call(method, path, body, query, sent)
        held = self._opened()
        response = self._rest.call(method, path, body, query, {**sent, **held})
        if response.status == 403 and response.header(TOKEN).lower() == "required":
            with self._guard:
                self._session = None
            response = self._rest.call(method, path, body, query, {**sent, **self._opened()})
        return response

    def _opened(self) -> dict[str, str]:
        """The CSRF token and the cookies it belongs to, fetched before the first write."""
        with self._guard:
            if self._session is None:
                headers = {**self._accept(), TOKEN: "Fetch"}
                response = _done(self._rest.call("GET", f"{self._service}/", headers=headers))
                cookies = response.header("set-cookie").split("\n")
                pairs = "; ".join(cookie.partition(";")[0] for cookie in cookies if cookie)
                self._session = {TOKEN: response.header(TOKEN)}
                self._session |= {"cookie": pairs} if pairs else {}
            return dict(self._session)

    # The two dialects

    def key(self, key: Mapping[str, Any]) -> str:
        """A key in an address: `('1')`, or `(a='1',b=2)` where it has several parts."""
        if len(key) == 1:
            return f"({segment(self.literal(*key.values()))})"
        return f"({','.join(f'{n}={segment(self.literal(v))}' for n, v in key.items())})"

    def literal(self, value: Any) -> str:
        """A value as filters and keys write it."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int | Decimal):
            return str(value)
        if isinstance(value, UUID):
            return f"guid'{value}'" if self._v2 else str(value)
        if isinstance(value, datetime):
            moment = value.astimezone(UTC)
            text = moment.strftime("%Y-%m-%dT%H:%M:%S")
            return f"datetimeoffset'{text}Z'" if self._v2 else f"{text}Z"
        if isinstance(value, date):
            return f"datetime'{value}T00:00:00'" if self._v2 else str(value)
        return "'" + str(value).replace("'", "''") + "'"

    def _accept(self) -> dict[str, str]:
        if self._v2:
            return {"accept": "application/json", "dataserviceversion": "2.0"}
        return {"accept": "application/json", "odata-version": "4.0"}

    def _page(self, data: Any) -> tuple[list[Any], str | None]:
        if not self._v2:
            return list(data["value"]), data.get("@odata.nextLink")
        inner = data["d"]
        return list(inner["results"] if isinstance(inner, Mapping) else inner), (
            inner.get("__next") if isinstance(inner, Mapping) else None
        )

    def _following(self, link: str) -> str:
        return link if "://" in link or link.startswith("/") else f"{self._service}/{link}"

    def _record(self, response: Response) -> dict[str, Any]:
        data = response.data if isinstance(response.data, Mapping) else {}
        record = self._simple(data.get("d", data) if self._v2 else data)
        tag = response.header("etag")
        return {**record, TAG: tag} if tag else record

    def _simple(self, value: Any) -> Any:
        """A record without wrappers: lists as lists, what was not asked for as nothing."""
        if isinstance(value, list):
            return [self._simple(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if "__deferred" in value:
            return None
        if self._v2 and value.keys() <= {"results", "__next", "__count"} and "results" in value:
            return self._simple(value["results"])
        tag = (value.get("__metadata") or {}).get("etag") or value.get("@odata.etag")
        simple = {n: self._simple(v) for n, v in value.items()
                  if n != "__metadata" and not n.startswith("@odata.")}  # fmt: skip
        return {**simple, TAG: tag} if tag else simple


def _options(options: Mapping[str, str]) -> dict[str, str]:
    return {f"${name}": value for name, value in options.items() if value}


def _done(response: Response) -> Response:
    if response.ok:
        return response
    answer = by_status(response.answer, reason_of(response.data))
    raise (Missing if response.status == 404 else Turned)(answer)


def reason_of(data: Any) -> str:
    """An OData error in one line: code, message, and the details behind them."""
    error = data.get("error") if isinstance(data, Mapping) else None
    if not isinstance(error, Mapping):
        return ""
    message = error.get("message")
    text = message.get("value") if isinstance(message, Mapping) else message
    inner = error.get("innererror") or {}
    details: Sequence[Mapping[str, Any]] = error.get("details") or inner.get("errordetails") or ()
    behind = (*details, inner) if inner.get("message") else details
    more = "; ".join(str(d.get("message")) for d in behind if d.get("message") != text)
    return f"{error.get('code') or ''} {text}".strip() + (f" ({more})" if more else "")


def instant_of(value: Any) -> datetime | None:
    """The instant of `/Date(1577836800000)/`; None where it is none."""
    match = STAMP.fullmatch(str(value or ""))
    return EPOCH + timedelta(milliseconds=int(match[1])) if match else None


def _stamp(value: Any, place: str, around: Surroundings) -> str | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(str(value))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"/Date({int((moment - EPOCH).total_seconds() * 1000)})/"


def _day_of(value: Any) -> Any:
    moment = instant_of(value)
    return moment.date().isoformat() if moment else plain(value)


#: A day and an instant as V2 writes them.
V2_DATE: Final = Form("date", _stamp, ({"name": "date", "format": "sap"},), _day_of)
V2_INSTANT: Final = replace(V2_DATE, back=({"name": "datetime", "format": "sap"},),
                            same=lambda value: instant_of(value) or plain(value))  # fmt: skip
