"""Mappings: their versions, a draft from samples, what one changes, and putting it in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api import parameters
from canonical.api.contract.bodies import (
    Member,
    Wrong,
    anything,
    listing,
    read_body,
    read_deed,
    text,
)
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Operation
from canonical.api.contract.preconditions import check_version, etag, expected_version
from canonical.api.contract.problems import Problem
from canonical.api.contract.view import ContractView, once, reach
from canonical.api.effects import changed
from canonical.entities import entity_of_path, schema_of
from canonical.golden.cause import cause_of
from canonical.identity.units import unit
from canonical.validation import Fault
from sync import models
from sync.api import mapping_descriptions as descriptions
from sync.inbound import remapping
from sync.inbound.mapping import MappingError, MappingIssue
from sync.inbound.onboarding import Draft, Trial, Tried, set_up, try_out
from sync.inbound.onboarding.samples import AT_MOST

FILTERS: Final = ("system", "entity")


class MappingView(ContractView):
    """An address of mappings."""

    owner: ClassVar = "Integration"
    criticality: ClassVar = "normal"
    scopes: ClassVar = {"GET": "read", "POST": "admin"}
    if_match: ClassVar = {"POST": False}

    def stored(self) -> QuerySet[models.Mapping]:
        """The mappings of the systems that the caller reaches."""
        rows = models.Mapping.objects.all()
        return rows if self.principal.every_system else rows.filter(system=self.principal.system)

    def version(self, system: str, entity: str, version: str) -> models.Mapping:
        """One version; 404 for none."""
        number = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
        found = self.stored().filter(system=system, entity=_entity(entity), version=number).first()
        if found is None:
            raise Problem("not-found", "There is no such mapping.")
        return found

    def in_force(self, system: str, entity: str) -> models.Mapping | None:
        """The version that maps what comes now, if any does."""
        return self.stored().filter(system=system, entity=entity, active=True).first()

    def done(self, spec: dict[str, Any], body: Mapping[str, Any]) -> Response:
        """Put a spec in force, or in a preview tell what that would change."""
        held = self.in_force(spec["system"], spec["entity"])
        expected = expected_version(self.request.headers, required=False)
        check_version(expected, held.version if held else 0)
        cause, preview = cause_of(self.principal, body["reason"]), body["preview"]

        def work() -> dict[str, Any]:
            made = set_up(spec, body["name"], body["kind"], cause)
            effect = self._effect(remapping.rehearse(self.principal, made)) if preview else None
            return {"preview": preview, "mapping": show(made), "effect": effect}

        try:
            told = unit(work, preview)
        except MappingError as error:
            raise _refused(error.issues) from None
        return Response(told, headers={} if preview else {"ETag": etag(told["mapping"]["version"])})

    def _effect(self, effect: remapping.Effect) -> dict[str, Any]:
        return {
            "records": effect.records,
            "compared": effect.compared,
            "outcomes": effect.outcomes,
            "changed": changed(effect.changed, self.principal),
        }

    def describe(self, method: str) -> Operation:
        return descriptions.OPERATIONS[type(self).__name__, method]


def _entity(name: str) -> str:
    try:
        return entity_of_path(name)
    except KeyError:
        raise Problem("not-found", f"There is no entity {name[:40]!a}.") from None


def _refused(issues: Sequence[MappingIssue]) -> Problem:
    faults = [Fault(f"/spec{issue.pointer}", issue.code, issue.detail) for issue in issues]
    return Problem("invalid-request", faults[0].detail, errors=faults)


def head(mapping: models.Mapping) -> dict[str, Any]:
    """A mapping as a list shows it."""
    path = schema_of(mapping.entity).path
    return {
        "system": mapping.system_id,
        "entity": mapping.entity,
        "version": mapping.version,
        "url": f"/api/v1/mappings/{mapping.system_id}/{path}/{mapping.version}",
        "in_force": mapping.active,
        "behind": mapping.behind,
        "created_by": mapping.created_by,
        "created_at": mapping.created_at,
    }


def show(mapping: models.Mapping) -> dict[str, Any]:
    """A mapping with its rules."""
    return {**head(mapping), "spec": mapping.spec}


class MappingList(MappingView):
    """`GET /api/v1/mappings`."""

    scopes: ClassVar = {"GET": "read"}

    def get(self, request: Request) -> Response:
        query = request.query_params
        known_parameters(query, (*FILTERS, "limit", "cursor"))
        purpose = "mappings " + "&".join(f"{name}={query.get(name, '')}" for name in FILTERS)
        limit, rows = page_limit(query), self.stored().defer("spec")
        if entity := parameters.entity(query):
            rows = rows.filter(entity=entity)
        if system := query.get("system"):
            reach(self.principal, system)
            rows = rows.filter(system=system)
        if cursor := query.get("cursor"):
            rows = rows.filter(_behind(*unseal(cursor, purpose)))
        found = rows.order_by("system", "entity", "-version")[: limit + 1]
        page = Page.of(found, limit, purpose, lambda row: [row.system_id, row.entity, row.version])
        return Page([head(row) for row in page.results], page.next_cursor).response(request)


def _behind(system: str, entity: str, version: int) -> Q:
    """What comes after a mapping in the list."""
    same = Q(system=system, entity=entity)
    return (
        Q(system__gt=system) | Q(system=system, entity__gt=entity) | same & Q(version__lt=version)
    )


class MappingDetail(MappingView):
    """`GET /api/v1/mappings/{system}/{entity}/{version}`."""

    scopes: ClassVar = {"GET": "read"}

    def get(self, request: Request, system: str, entity: str, version: str) -> Response:
        known_parameters(request.query_params, ())
        found = self.version(system, entity, version)
        return Response(show(found), headers={"ETag": etag(found.version)})


class MappingInForce(MappingView):
    """`GET|POST /api/v1/mappings/{system}/{entity}`."""

    members: ClassVar = {
        "spec": Member(anything, required=True),
        "name": Member(text(120), default=""),
        "kind": Member(text(40), default=""),
    }

    def get(self, request: Request, system: str, entity: str) -> Response:
        known_parameters(request.query_params, ())
        found = self.in_force(system, _entity(entity))
        if found is None:
            raise Problem("not-found", "There is no mapping: canonical attributes come.")
        return Response(show(found), headers={"ETag": etag(found.version)})

    @once
    def post(self, request: Request, system: str, entity: str) -> Response:
        body = read_deed(request.data, self.members)
        return self.done(_spec(body["spec"], system, _entity(entity)), body)


def _spec(told: Any, system: str, entity: str) -> dict[str, Any]:
    """The spec for the place in the address; 400 where it names another."""
    if not isinstance(told, dict):
        raise _refused([MappingIssue("", "", "wrong_type", "Expected a JSON object.")])
    meant = {"system": (system,), "entity": (entity, schema_of(entity).path)}
    for name, allowed in meant.items():
        if name in told and told[name] not in allowed:
            detail = f"The address says {allowed[0]}."
            raise _refused([MappingIssue(f"/{name}", "", "other_place", detail)])
    return {**told, "system": system, "entity": entity, "version": 1}


class Restore(MappingView):
    """`POST /api/v1/mappings/{system}/{entity}/{version}/restore`."""

    scopes: ClassVar = {"POST": "admin"}

    @once
    def post(self, request: Request, system: str, entity: str, version: str) -> Response:
        found = self.version(system, entity, version)
        body = read_deed(request.data, {})
        return self.done(dict(found.spec), {**body, "name": "", "kind": ""})


def _payload(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise Wrong("wrong_type", "Expected a JSON object with something in it.")
    return value


class Suggest(MappingView):
    """`POST /api/v1/mappings/{system}/{entity}/draft`; writes nothing."""

    scopes: ClassVar = {"POST": "admin"}
    if_match: ClassVar = {}
    members: ClassVar = {
        "samples": Member(listing(_payload, AT_MOST), required=True),
        "spec": Member(anything),
    }

    def post(self, request: Request, system: str, entity: str) -> Response:
        kind, body = _entity(entity), read_body(request.data, self.members)
        draft = Draft(system, system, "", kind, body["samples"])
        found = draft.recognise()
        spec = draft.spec if body["spec"] is None else _spec(body["spec"], system, kind)
        suggestions = [
            {
                "attribute": path,
                "from": draft.sources[path],
                "likelihood": round(each.score, 2),
                "because": list(each.reasons),
            }
            for path, each in found.items()
        ]
        return Response(
            {
                "id_column": draft.id_column or None,
                "modified_at": draft.modified_at or None,
                "suggestions": suggestions,
                "spec": spec,
                "trial": _trial(try_out(spec, draft.payloads)),
            }
        )


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "sound": trial.sound,
        "issues": [
            {"pointer": f"/spec{issue.pointer}", "code": issue.code, "detail": issue.detail}
            for issue in trial.issues
        ],
        "missing": trial.missing,
        "samples": [_tried(tried) for tried in trial.samples],
    }


def _tried(tried: Tried) -> dict[str, Any]:
    return {
        "values": tried.values,
        "errors": tried.errors,
        "warnings": tried.warnings,
        "unmapped_values": [
            {"attribute": attribute, "vocabulary": vocabulary, "value": value}
            for attribute, vocabulary, value in tried.unmapped
        ],
    }
