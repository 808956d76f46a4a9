"""Systems' words: which are unexplained, and what mapping one, or no longer mapping it, changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api.contract import describe
from canonical.api.contract.bodies import DELETION, Member, flag, read_body, read_deed, text
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.problems import Problem
from canonical.api.contract.view import ContractView, reach
from canonical.api.effects import CHANGED, changed
from canonical.api.reference_data import TAG
from canonical.golden.cause import Cause, cause_of
from canonical.governance import words
from canonical.governance.words import Effect, Unmapped
from canonical.models import Crosswalk, System, Term, Vocabulary
from canonical.validation import Fault


class UnmappedWords(ContractView):
    """`GET /api/v1/vocabularies/{name}/unmapped`."""

    def get(self, request: Request, name: str) -> Response:
        query = request.query_params
        known_parameters(query, ("system", "limit", "cursor"))
        _vocabulary(name)
        if system := query.get("system"):
            reach(self.principal, system)
        systems = [system] if system else self._reached()
        purpose, limit = f"unmapped {name} {system}", page_limit(query)
        after = tuple(unseal(cursor, purpose)) if (cursor := query.get("cursor")) else ("", "")
        found = words.unmapped(name, systems, after, limit + 1)
        page = Page.of(found, limit, purpose, lambda word: [word.system, word.value])
        return Page([_unmapped(word) for word in page.results], page.next_cursor).response(request)

    def _reached(self) -> list[str]:
        codes = System.objects.values_list("code", flat=True)
        return [code for code in codes if self.principal.reaches(code)]

    def describe(self, method: str) -> Operation:
        return _UNMAPPED


def _vocabulary(name: str) -> None:
    if not Vocabulary.objects.filter(pk=name).exists():
        raise Problem("not-found", f"There is no vocabulary {name[:80]!a}.")


def _unmapped(word: Unmapped) -> dict[str, Any]:
    return {
        "system": word.system,
        "value": word.value,
        "records": word.records,
        "golden_records": word.goldens,
        "suggestions": [
            {"term": each.term.code, "likeness": each.likeness, "because": each.why}
            for each in word.suggestions
        ],
    }


class Word(ContractView):
    """`PUT`, `DELETE /api/v1/vocabularies/{name}/words/{system}/{value}`."""

    scopes: ClassVar = {"PUT": "steward", "DELETE": "steward"}

    def put(self, request: Request, name: str, system: str, value: str) -> Response:
        body, row = read_deed(request.data, _MEMBERS), _row(name, system, value)
        term = Term.objects.filter(vocabulary=name, code=body["term"]).first()
        if term is None:
            detail = f"{name} has no term {body['term'][:60]!a}."
            fault = Fault("/term", "unknown_term", detail)
            raise Problem("unprocessable", detail, errors=[fault])
        row.term, row.outbound = term, body["outbound"]
        return self._done(row, body, words.preview, words.map_word, mapped=True)

    def delete(self, request: Request, name: str, system: str, value: str) -> Response:
        body, row = read_body(request.data, DELETION), _row(name, system, value)
        if row.pk is None:
            raise Problem("not-found", f"{value[:80]!a} is not mapped.")
        return self._done(row, body, words.preview_free, words.free_word, mapped=False)

    def _done(
        self,
        row: Crosswalk,
        body: Mapping[str, Any],
        look: Callable[[Crosswalk], Effect],
        deed: Callable[[Crosswalk, Cause], int],
        *,
        mapped: bool,
    ) -> Response:
        shown = {name: getattr(row, name) for name in ("value", "outbound")}
        word = {"system": row.system_id, **shown, "term": row.term.code} if mapped else None
        if body["preview"]:
            effect = look(row)
            told = {"golden_records": len(effect.goldens), "effect": self._effect(effect)}
        else:
            followed = deed(row, cause_of(self.principal, body["reason"]))
            told = {"golden_records": followed, "effect": None}
        return Response({"preview": body["preview"], "word": word, **told})

    def _effect(self, effect: Effect) -> dict[str, Any]:
        """What a preview tells of the golden records that come out otherwise."""
        return {
            "records": effect.records,
            "compared": min(len(effect.goldens), words.COMPARED),
            "changed": changed(effect.changed, self.principal),
        }

    def describe(self, method: str) -> Operation:
        return _OPERATIONS[method]


def _row(vocabulary: str, system: str, value: str) -> Crosswalk:
    """The word in the address, known or new; 404 where system or vocabulary are unknown."""
    _vocabulary(vocabulary)
    if not System.objects.filter(pk=system).exists() or len(value) > words.LONGEST:
        raise Problem("not-found", "There is no such word of a system.")
    return words.word_of(system, vocabulary, value)


_MEMBERS: Final = {
    "term": Member(text(60, 1), required=True),
    "outbound": Member(flag, default=False),
}
_NAME: Final = describe.in_path("name", "Like `client_status`.", "client_status")
_COUNT: Final = {"golden_records": describe.INTEGER}
_SUGGESTION: Final = describe.record(
    {
        "term": describe.STRING,
        "likeness": {"type": "integer", "minimum": 0, "maximum": 100},
        "because": describe.STRING | {"description": "The known word that it resembles."},
    }
)
_UNMAPPED: Final = Operation(
    "list_unmapped_words",
    "List words that nobody has explained",
    "What systems say for terms of a vocabulary that no crosswalk row and no term explains, in "
    "how many source and golden records, with what it may mean. A credential sees the words of "
    "its own system.",
    TAG,
    {
        200: Answer(
            "One page, by system and word.",
            describe.page(
                describe.record(
                    {
                        "system": describe.STRING,
                        "value": describe.STRING,
                        "records": describe.INTEGER,
                        **_COUNT,
                        "suggestions": describe.listing(_SUGGESTION),
                    }
                )
            ),
            describe.page_example(
                {
                    "system": "crm",
                    "value": "Prospekt",
                    "records": 12,
                    "golden_records": 11,
                    "suggestions": [{"term": "prospect", "likeness": 88, "because": "prospect"}],
                }
            ),
        )
    },
    path=(_NAME,),
    query=(
        describe.in_query("system", "A system's code."),
        describe.LIMIT,
        describe.CURSOR,
    ),
)
_WORD: Final = describe.record(
    {
        "system": describe.STRING,
        "value": describe.STRING,
        "outbound": describe.BOOLEAN,
        "term": describe.STRING,
    }
)
_EFFECT: Final = describe.record(
    {
        "records": describe.INTEGER | {"description": "Source records that say the word."},
        "compared": describe.INTEGER | {"description": "Golden records that were compared."},
        "changed": CHANGED,
    }
)
_ANSWER: Final = describe.record(
    {
        "preview": describe.BOOLEAN,
        "word": describe.nullable(_WORD) | {"description": "As it is mapped; null if freed."},
        "golden_records": describe.INTEGER
        | {"description": "Golden records that are, or would be, computed again."},
        "effect": describe.nullable(_EFFECT) | {"description": "In a preview only."},
    }
)
_MAPPED: Final[Mapping[str, Any]] = {
    "preview": False,
    "word": {"system": "crm", "value": "Prospekt", "outbound": False, "term": "prospect"},
    "golden_records": 11,
    "effect": None,
}
_PATH: Final = (
    _NAME,
    describe.in_path("system", "The system that says it.", "crm"),
    describe.in_path("value", "The word as the system writes it.", "Prospekt"),
)
_OPERATIONS: Final[Mapping[str, Operation]] = {
    "PUT": Operation(
        "map_word",
        "Map a system's word to a term",
        "Every golden record of which a source record says the word is computed again, and what "
        "waited for the word is closed. Of a system's words for a term one at the most goes out. "
        f"`preview` tells what would change, the first {words.COMPARED} golden records compared.",
        TAG,
        {200: Answer("The word as it is mapped, or would be.", _ANSWER, _MAPPED)},
        path=_PATH,
        body=describe.body(
            describe.closed(
                {"term": {"type": "string", "minLength": 1, "maxLength": 60}},
                {
                    **describe.DEED,
                    "outbound": {
                        "type": "boolean",
                        "default": False,
                        "description": "Whether the system is told this word.",
                    },
                },
            ),
            {"term": "prospect", "reason": "So the sales team uses it."},
        ),
        raises=(409, 422),
    ),
    "DELETE": Operation(
        "free_word",
        "Let a system's word mean nothing",
        "What follows is as for mapping it; `reason` and `preview` may be sent in a body.",
        TAG,
        {200: Answer("What it does, or would do.", _ANSWER, {**_MAPPED, "word": None})},
        path=_PATH,
    ),
}
