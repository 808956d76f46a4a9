"""Records of Oracle Fusion as the field map sees them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.connectors.oracle.objects import PARTY

Record = Mapping[str, Any]


def party(party_id: Any) -> dict[str, Any]:
    """A new contract's customer: as its primary party, and as a party of it."""
    return {
        PARTY: party_id,
        "PartyId": party_id,
        "ContractParty": [{"PartyRoleCode": "CUSTOMER", "PartyId": party_id}],
    }


def worker(record: Record) -> dict[str, Any]:
    """A worker with the one name, address, relationship and assignment that hold now."""
    relationship = _first(record.get("workRelationships"), "PrimaryFlag")
    assignment = _first(relationship.get("assignments"), "PrimaryFlag")
    ended = relationship.get("TerminationDate")
    return {
        **record,
        "name": _first(record.get("names"), "GlobalFlag"),
        "email": _first(record.get("emails"), "PrimaryFlag").get("EmailAddress"),
        "relationship": relationship,
        "assignment": assignment,
        "kind": "contingent" if relationship.get("WorkerType") == "C" else "employee",
        "status": "terminated" if ended else "active" if relationship else None,
    }


def _first(children: Any, flag: str) -> Record:
    """Of the children, which come as a list or as a collection, the one with a flag, or any."""
    rows = children.get("items") if isinstance(children, Mapping) else children
    return next(iter(sorted(rows or (), key=lambda row: not row.get(flag))), {})
