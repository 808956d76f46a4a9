"""One tenant of Kill Bill over REST: its login, its pages, its custom fields, its refusals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from sync import egress
from sync.connectors.faults import Turned, poison
from sync.connectors.login import Login
from sync.connectors.rest import Response, Rest, by_status
from sync.models.connections import Connection
from sync.outbound.answers.retry import Answer, Verdict

ROOT: Final = "/1.0/kb"
#: Who did it, for Kill Bill's audit log; no write is taken without.
CREATED_BY: Final = {"x-killbill-createdby": "assay"}
#: Only the audit log knows when something changed.
AUDITED: Final = {"audit": "FULL"}
AT_ONCE: Final = 100
OWN_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Kill Bill's codes for an account that does not exist, by its id or external key.
UNKNOWN: Final = frozenset({3001, 3002})


class TenantLogin(Login):
    """A user and a tenant: the connection's secret is the user's password, a space, and the
    tenant's API secret; the tenant's API key is the setting `api_key`."""

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        self._secret, self._separator, self._tenant = self._secret.rpartition(" ")
        self._api_key = str(connection.settings.get("api_key", ""))

    def headers(self) -> dict[str, str]:
        """Basic, and the tenant's two headers; Turned where the secret holds only one."""
        if not self._separator:
            reason = "the secret must be the password, a space, and the tenant's API secret"
            raise Turned(Answer(verdict=Verdict.REFUSED, reason=reason))
        tenant = {"x-killbill-apikey": self._api_key, "x-killbill-apisecret": self._tenant}
        return {**super().headers(), **tenant}


class Tenant:
    """What is asked of a tenant, whatever the kind of record; paths begin below `/1.0/kb`."""

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        self._rest = Rest(connection.url, TenantLogin(connection, client), client, CREATED_BY)

    def asked(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Response:
        """The answer; Turned with what Kill Bill said where it refused. A query may hold lists."""
        return _checked(self._call(method, path, body, query))

    def found(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """What is there; None where nothing is."""
        response = self._call("GET", path, None, query)
        return None if response.status == 404 else _checked(response).data

    def made(self, path: str, body: Any, query: Mapping[str, Any] | None = None) -> str:
        """Make a record; returns its id, which ends the address that Kill Bill answers with."""
        location = self.asked("POST", path, body, query).header("location")
        return location.split("?")[0].rpartition("/")[2]

    def pages(self, path: str) -> Iterator[list[dict[str, Any]]]:
        """Every page of a list, with audit logs, in the order the records were made."""
        offset = 0
        while True:
            query = {"offset": offset, "limit": AT_ONCE, **AUDITED}
            page = self.asked("GET", path, query=query).data or []
            if not page:
                return
            yield page
            offset += len(page)

    def mark(self, place: str, wanted: Mapping[str, str | None]) -> None:
        """Set the custom fields of a record: made, changed by their id, or taken away."""
        path, held = f"{place}/customFields", {f["name"]: f for f in self.fields(place)}
        new = [{"name": n, "value": v} for n, v in wanted.items() if v and n not in held]
        stale = (n for n, v in wanted.items() if v and n in held and held[n]["value"] != v)
        other = [{"customFieldId": held[n]["customFieldId"], "name": n, "value": wanted[n]}
                 for n in stale]  # fmt: skip
        gone = [held[n]["customFieldId"] for n, v in wanted.items() if not v and n in held]
        if new:
            self.asked("POST", path, new)
        if other:
            self.asked("PUT", path, other)
        if gone:
            self.asked("DELETE", path, query={"customField": gone})

    def fields(self, place: str) -> list[dict[str, Any]]:
        """The custom fields of a record."""
        return list(self.found(f"{place}/customFields", AUDITED) or ())

    def all_fields(self, kind: str) -> dict[str, list[dict[str, Any]]]:
        """Those of all records of a kind (ACCOUNT, BUNDLE, SUBSCRIPTION), by the record's id."""
        found: dict[str, list[dict[str, Any]]] = {}
        for page in self.pages("/customFields/pagination"):
            for field in page:
                if field["objectType"] == kind:
                    found.setdefault(field["objectId"], []).append(field)
        return found

    def marks(self, place: str) -> dict[str, str]:
        """The custom fields of a record by name."""
        return marks_of(self.fields(place))

    def _call(self, method: str, path: str, body: Any, query: Mapping[str, Any] | None) -> Response:
        asked = f"?{urlencode(query, doseq=True)}" if query else ""
        return self._rest.call(method, f"{ROOT}{path}{asked}", body)


def marks_of(fields: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Custom fields by name."""
    return {str(field["name"]): str(field["value"]) for field in fields}


def moment(stamp: str) -> datetime:
    """An instant as Kill Bill writes it."""
    return datetime.fromisoformat(stamp)


def last_change(*records: Mapping[str, Any]) -> str | None:
    """The newest entry of the audit logs of these records."""
    logs = (log for record in records for log in record.get("auditLogs") or ())
    return max((str(log.get("changeDate") or "") for log in logs), default="") or None


def _checked(response: Response) -> Response:
    if response.status == 404 and _error(response).get("code") in UNKNOWN:
        raise poison(_words(response), response.answer)  # what the content refers to
    if not response.ok:
        raise Turned(by_status(response.answer, _words(response)))
    return response


def _error(response: Response) -> Mapping[str, Any]:
    return response.data if isinstance(response.data, Mapping) else {}


def _words(response: Response) -> str:
    """`{className, code, message, causeClassName, causeMessage, stackTrace}` as a reason."""
    error = _error(response)
    kind = str(error.get("className") or "").rpartition(".")[2]
    code = error.get("code")
    said_so = " ".join(str(part) for part in (kind, code) if part)
    return f"{said_so}: {error['message']}" if error.get("message") else said_so
