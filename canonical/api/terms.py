"""`PUT /api/v1/vocabularies/{name}/terms/{code}`: terms as people add and change them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Final
from zoneinfo import available_timezones

from django.db import IntegrityError
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api.contract import describe
from canonical.api.contract.bodies import (
    Member,
    Wrong,
    anything,
    decimal,
    flag,
    matching,
    read_body,
    read_deed,
    text,
    whole,
)
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.problems import Problem, invalid
from canonical.api.contract.view import ContractView
from canonical.api.reference_data import TAG, TERM, term_shown
from canonical.golden.cause import cause_of
from canonical.governance import reference_data
from canonical.identity.errors import Conflict
from canonical.identity.units import unit
from canonical.models import LegalEntity, PaymentTerm, Term, Vocabulary
from canonical.validation import Fault

CODE: Final = 60
LAST: Final = 1_000_000


class TermView(ContractView):
    """Adds a term, or changes one; a member that is left out stays as it is."""

    scopes: ClassVar = {"PUT": "admin"}

    def put(self, request: Request, name: str, code: str) -> Response:
        vocabulary = Vocabulary.objects.filter(pk=name).first()
        if vocabulary is None:
            raise Problem("not-found", f"There is no vocabulary {name[:80]!a}.")
        if len(code) > CODE or code != code.strip() or "/" in code:
            raise invalid("", "not_a_code", f"A code is text of at most {CODE} characters.")
        body = read_deed(request.data, _MEMBERS)
        found = Term.objects.filter(vocabulary=vocabulary, code=code).first()
        term = found or Term(vocabulary=vocabulary, code=code)
        for member in ("label", "position", "active"):
            if body[member] is not None:
                setattr(term, member, body[member])
        details = _details(vocabulary.name, body["details"])
        cause, preview = cause_of(self.principal, body["reason"]), body["preview"]

        def work() -> dict[str, Any]:
            followed = reference_data.keep_term(term, details, cause)
            told = term_shown(Term.objects.get(pk=term.pk))
            return {"preview": preview, "term": told, "golden_records": followed}

        try:
            return Response(unit(work, preview), status=200 if found or preview else 201)
        except IntegrityError:
            raise Conflict(f"{code} was added by someone else meanwhile.") from None

    def describe(self, method: str) -> Operation:
        return _PUT


def _details(vocabulary: str, told: Any) -> LegalEntity | PaymentTerm | None:
    """The typed row beside a term, where the vocabulary has one and it is told."""
    if told is None:
        return None
    if vocabulary not in _TYPED:
        detail = f"Nothing more is known of a term of {vocabulary}."
        raise Problem("unprocessable", detail, errors=[Fault("/details", "unknown", detail)])
    model, members = _TYPED[vocabulary]
    try:
        return model(**read_body(told, members))
    except Problem as problem:
        problem.errors = [Fault(f"/details{f.pointer}", f.code, f.detail) for f in problem.errors]
        raise


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: Any) -> str:
    if not isinstance(value, str) or value not in _zones():
        raise Wrong("unknown_value", "Expected an IANA time zone like Europe/Berlin.")
    return value


def _tax_ids(value: Any) -> list[Any]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Wrong("wrong_type", "Expected a list of JSON objects.")
    return value


def _or_null(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


_DAYS: Final = 3650
_TYPED: Final[Mapping[str, tuple[type[LegalEntity | PaymentTerm], Mapping[str, Member]]]] = {
    "legal_entity": (
        LegalEntity,
        {
            "name": Member(text(255, 1), required=True),
            "country": Member(matching("[A-Z]{2}", "a country like DE"), required=True),
            "currency": Member(matching("[A-Z]{3}", "a currency like EUR"), required=True),
            "time_zone": Member(_zone, default="UTC"),
            "tax_ids": Member(_tax_ids, default=[]),
        },
    ),
    "payment_terms": (
        PaymentTerm,
        {
            "net_days": Member(whole(0, _DAYS), required=True),
            "discount_pct": Member(_or_null(decimal(Decimal(0), Decimal(100), 4))),
            "discount_days": Member(_or_null(whole(0, _DAYS))),
        },
    ),
}
_MEMBERS: Final = {
    "label": Member(text(120)),
    "position": Member(whole(0, LAST)),
    "active": Member(flag),
    "details": Member(anything),
}
_EXAMPLE: Final[Mapping[str, Any]] = {
    "code": "partner",
    "label": "Partner",
    "active": True,
    "details": None,
}
_PUT: Final = Operation(
    "put_term",
    "Add or change a term",
    "A code is for ever: a term is made inactive, never deleted, and only an extensible "
    "vocabulary takes new ones. A member that is left out stays as it is; `details` come "
    "as a whole, of a legal entity `name`, `country`, `currency`, `time_zone` and `tax_ids`, of "
    "payment terms `net_days`, `discount_pct` and `discount_days`. Golden records that "
    "say an inactive term are computed again.",
    TAG,
    {
        status: Answer(
            words,
            describe.record(
                {
                    "preview": describe.BOOLEAN,
                    "term": TERM,
                    "golden_records": describe.INTEGER
                    | {"description": "Golden records that are, or would be, computed again."},
                }
            ),
            {"preview": False, "term": _EXAMPLE, "golden_records": 0},
        )
        for status, words in ((200, "The term as it is, or would be."), (201, "The new term."))
    },
    path=(
        describe.in_path("name", "Like `practice`.", "practice"),
        describe.in_path("code", "Its code.", "partner"),
    ),
    body=describe.body(
        describe.closed(
            {},
            {
                **describe.DEED,
                "label": {"type": "string", "maxLength": 120},
                "position": {"type": "integer", "minimum": 0, "maximum": LAST}
                | {"description": "Where it stands among the others."},
                "active": describe.BOOLEAN,
                "details": describe.nullable({"type": "object", "additionalProperties": True}),
            },
        ),
        {"label": "Partner", "reason": "A practice of its own since July."},
    ),
    raises=(409, 422),
)
