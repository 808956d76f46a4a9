"""Controlled vocabularies: their terms, what is known of them, and each system's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ObjectDoesNotExist
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api.contract import describe
from canonical.api.contract.cursors import Page, known_parameters
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.problems import Problem
from canonical.api.contract.view import ContractView, reach
from canonical.models import Crosswalk, Term, Vocabulary

TAG: Final = "Vocabularies"


class VocabularyList(ContractView):
    """`GET /api/v1/vocabularies`."""

    def get(self, request: Request) -> Response:
        known_parameters(request.query_params, ())
        rows = Vocabulary.objects.values("name", "title", "extensible")
        return Page(list(rows), None).response(request)

    def describe(self, method: str) -> Operation:
        return Operation(
            id="list_vocabularies",
            summary="List vocabularies",
            description="Every controlled vocabulary, all on one page. Only an extensible one "
            "takes new terms without a release.",
            tag=TAG,
            answers={
                200: Answer(
                    "All of them.", describe.page(_HEAD), describe.page_example(_HEAD_EXAMPLE)
                )
            },
        )


class VocabularyDetail(ContractView):
    """`GET /api/v1/vocabularies/{name}`."""

    def get(self, request: Request, name: str) -> Response:
        query = request.query_params
        known_parameters(query, ("system",))
        found = Vocabulary.objects.filter(pk=name).first()
        if found is None:
            raise Problem("not-found", f"There is no vocabulary {name[:80]!a}.")
        terms = Term.objects.filter(vocabulary=found).select_related("legalentity", "paymentterm")
        shown: dict[str, Any] = {
            "name": found.name,
            "title": found.title,
            "extensible": found.extensible,
            "terms": [term_shown(term) for term in terms],
        }
        if system := query.get("system"):
            reach(self.principal, system)
            shown["crosswalk"] = _crosswalk(found, system)
        return Response(shown)

    def describe(self, method: str) -> Operation:
        return Operation(
            id="get_vocabulary",
            summary="Read one vocabulary",
            description="Its terms in order. With `system`, also what that system calls them: "
            "many of its words may mean one term, one of them goes out.",
            tag=TAG,
            path=(describe.in_path("name", "Like `client_status`.", "client_status"),),
            query=(describe.in_query("system", "A system's code."),),
            answers={200: Answer("The vocabulary.", _VOCABULARY, _EXAMPLE)},
        )


def term_shown(term: Term) -> dict[str, Any]:
    """A term with what is known of it."""
    return {
        "code": term.code,
        "label": term.label or term.code,
        "active": term.active,
        "details": _details(term),
    }


def _details(term: Term) -> dict[str, Any] | None:
    """The typed columns of a legal entity or a payment term."""
    for name, columns in _TYPED.items():
        try:
            row = getattr(term, name)
        except ObjectDoesNotExist:
            continue
        return {column: getattr(row, column) for column in columns}
    return None


def _crosswalk(vocabulary: Vocabulary, system: str) -> list[dict[str, Any]]:
    rows = Crosswalk.objects.filter(vocabulary=vocabulary, system=system).order_by("value")
    return [
        {"value": value, "term": term, "outbound": outbound}
        for value, term, outbound in rows.values_list("value", "term__code", "outbound")
    ]


_TYPED: Final = {
    "legalentity": ("name", "country", "currency", "time_zone", "tax_ids"),
    "paymentterm": ("net_days", "discount_pct", "discount_days"),
}
_HEAD: Final = describe.record(
    {"name": describe.STRING, "title": describe.STRING, "extensible": describe.BOOLEAN}
)
_HEAD_EXAMPLE: Final[Mapping[str, Any]] = {
    "name": "client_status",
    "title": "Client status",
    "extensible": False,
}
TERM: Final = describe.record(
    {
        "code": describe.STRING,
        "label": describe.STRING,
        "active": describe.BOOLEAN,
        "details": describe.nullable({"type": "object", "additionalProperties": True}),
    }
)
_VOCABULARY: Final = describe.record(
    {
        **_HEAD["properties"],
        "terms": describe.listing(TERM),
    },
    {
        "crosswalk": describe.listing(
            describe.record(
                {
                    "value": describe.STRING,
                    "term": describe.STRING,
                    "outbound": describe.BOOLEAN,
                }
            )
        )
    },
)
_EXAMPLE: Final[Mapping[str, Any]] = {
    **_HEAD_EXAMPLE,
    "terms": [{"code": "active", "label": "active", "active": True, "details": None}],
}
