"""An environment of Oracle Fusion: accounts, projects, contracts and workers; ADF errors, pages
smaller than asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from tests.standins.server import Call, Refusal, Reply, Standin, route

ROOT: Final = (
    r"/(?:crm|fscm|hcm)RestApi/resources/11\.13\.18\.05/"
    "(?P<kind>accounts|projects|contracts|workers)"
)
CAP: Final = 2  # stands for 499, so that it is met with few
NUMBERS: Final = {
    "accounts": "PartyNumber", "projects": "ProjectNumber", "contracts": "ContractNumber",
}  # fmt: skip
IDS: Final = {"accounts": "PartyNumber", "projects": "ProjectId", "contracts": "ContractId"}
NEEDED: Final = ("OrgId", "ContractTypeId", "PrimaryPartyId", "ContractParty", "BuyOrSell")
CHANGED: Final = {"Cognomen", "StartDate", "EndDate", "EstimatedAmount", "CurrencyCode", "StsCode",
                  "PrimaryPartyId"}  # fmt: skip
FIELDS: Final = {
    "accounts": {"PartyNumber", "OrganizationName", "DUNSNumber", "EmailAddress", "URL",
                 "PartyStatus"},
    "projects": {"ProjectNumber", "ProjectName", "ProjectStatusCode", "ProjectStartDate",
                 "ProjectFinishDate", "ProjectCurrencyCode", "OwningOrganizationName"},
    "contracts": {"ContractNumber", "PartyId", *NEEDED, *CHANGED},
}  # fmt: skip


class Oracle(Standin):
    """One environment."""

    throttled: ClassVar[Reply] = Reply(429, b"Too many requests", {"Retry-After": "7"})

    def __init__(self) -> None:
        super().__init__()
        self.now, self._made = datetime(2026, 1, 1, tzinfo=UTC), 300100155887540
        self.overtaken = False

    def change(self, kind: str, identity: str, **values: Any) -> None:
        """A user changes a record."""
        self.now += timedelta(minutes=1)
        self.table(kind)[identity] |= {**values, "LastUpdateDate": self.now.isoformat()}

    @route("POST", "/services/oauth2/token")
    def token(self, call: Call) -> Reply:
        return self.grant(call)

    @route("GET", ROOT)
    def listed(self, call: Call) -> Reply:
        rows = list(self.table(self._kind(call)).values())
        if asked := call.query.get("q"):
            for condition in asked.split(" and "):
                match = re.fullmatch(r"(\w+) ?(=|>=) ?'?([^']*)'?", condition)
                assert match, asked
                name, how, value = match.groups()
                rows = [r for r in rows if (str(r[name]) >= value if how == ">=" else
                                            str(r[name]) == value)]  # fmt: skip
        if call.query.get("orderBy") == "LastUpdateDate:desc":
            rows.sort(key=lambda row: row["LastUpdateDate"], reverse=True)
        start = int(call.query.get("offset", 0))
        size = min(int(call.query.get("limit", 25)), CAP)
        items = rows[start : start + size]
        return Reply(200, {"items": items, "count": len(items), "limit": size, "offset": start,
                           "hasMore": start + size < len(rows), "links": []})  # fmt: skip

    @route("GET", ROOT + "/(?P<id>[^/]+)")
    def get(self, call: Call) -> Reply:
        record = self._found(call)
        tag = {"ETag": f'"{record["LastUpdateDate"]}"'}
        if self.overtaken:
            self.overtaken = False
            self.change(self._kind(call), call.parts["id"])
        return Reply(200, record, tag)

    @route("POST", ROOT)
    def post(self, call: Call) -> Reply:
        kind, body = self._kind(call), call.json
        self._check(kind, body)
        number = NUMBERS[kind]
        same = [i for i, row in self.table(kind).items() if row[number] == body[number]]
        if same and call.headers.get("upsert-mode") != "true":
            raise _error("FND-1", f"{body[number]} exists")
        self._made += 1
        identity = same[0] if same else str(self._made)
        if IDS[kind] == number:
            identity = body[number]
        first: dict[str, Any] = {IDS[kind]: identity}
        if kind == "accounts":
            first["PartyId"] = self._made
        if kind == "contracts":
            first |= {"VersionType": "C", "StsCode": "DRAFT"}
            self._check_contract(body)
        self.table(kind).setdefault(identity, first)
        self.change(kind, identity, **body)
        return Reply(200 if same else 201, self.table(kind)[identity])

    @route("PATCH", ROOT + "/(?P<id>[^/]+)")
    def patch(self, call: Call) -> Reply:
        record = self._found(call)
        if call.headers.get("if-match") != f'"{record["LastUpdateDate"]}"':
            raise _error("27500", "Another user changed the row", 412)
        self._check(self._kind(call), call.json)
        if self._kind(call) == "contracts" and call.json.keys() - CHANGED:
            raise _error("OKC-1", f"not updatable: {sorted(call.json.keys() - CHANGED)[0]}")
        self.change(self._kind(call), call.parts["id"], **call.json)
        return Reply(200, self._found(call))

    def _check_contract(self, body: Mapping[str, Any]) -> None:
        for name in NEEDED:
            if not body.get(name):
                raise _error("OKC-2", f"{name} is required")
        parties = {row["PartyId"] for row in self.table("accounts").values()}
        if body["ContractParty"] != [{"PartyRoleCode": "CUSTOMER", "PartyId": body["PartyId"]}]:
            raise _error("OKC-3", "a contract to sell has a customer")
        if body["PrimaryPartyId"] not in parties:
            raise _error("OKC-195790", "Invalid party")

    def _kind(self, call: Call) -> str:
        self.bearer(call)
        assert call.headers.get("rest-framework-version") == "4"
        return call.parts["kind"]

    def _found(self, call: Call) -> dict[str, Any]:
        table = self.table(self._kind(call))
        if call.parts["id"] not in table:
            raise Refusal(Reply(404, b"Not Found"))
        return table[call.parts["id"]]

    @staticmethod
    def _check(kind: str, body: Mapping[str, Any]) -> None:
        unknown = body.keys() - FIELDS[kind]
        if unknown:
            raise _error("27520", f"unknown attribute {sorted(unknown)[0]}")
        email = body.get("EmailAddress")
        if email and not re.fullmatch(r"[^@]+@[^@]+\.[^@]+", email):
            raise _error("HZ-120", "The e-mail address is invalid.")


def _error(code: str, detail: str, status: int = 400) -> Refusal:
    body = {"title": "Bad Request", "status": str(status),
            "o:errorDetails": [{"detail": detail, "o:errorCode": code}]}  # fmt: skip
    return Refusal(Reply(status, body))
