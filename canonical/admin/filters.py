"""The filters of the lists of golden records."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from canonical.attributes import Kind
from canonical.documents.filters import known_as
from canonical.entities import schema_of
from canonical.models import Golden, GoldenState, System, Term

TERMS_SHOWN = 3

Choices = list[tuple[str, str]]


class StateFilter(SimpleListFilter):
    """The state of the golden record."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(state.value, state.label) for state in GoldenState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(golden__state=self.value()) if self.value() else queryset


class InReviewFilter(SimpleListFilter):
    """Whether a person is still asked who it is."""

    title, parameter_name = "in review", "in_review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("yes", "In review"), ("no", "Not in review")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"yes", "no"}:
            return queryset
        return queryset.filter(asked=self.value() == "yes")


class KnownToFilter(SimpleListFilter):
    """The systems that hold the record."""

    title, parameter_name = "known to", "known_to"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(System.objects.values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        system = self.value()
        if not system:
            return queryset
        return queryset.filter(golden__in=Golden.objects.filter(known_as(system, None)))


@cache
def term_filters(entity: str) -> tuple[type[SimpleListFilter], ...]:
    """A filter for each of the first coded attributes of an entity, the mandatory ones first."""
    coded = [a for a in schema_of(entity) if a.kind is Kind.CODE and not a.restricted]
    coded.sort(key=lambda a: not a.mandatory)
    return tuple(_term_filter(a.name, str(a.vocabulary)) for a in coded[:TERMS_SHOWN])


def _term_filter(attribute: str, vocabulary: str) -> type[SimpleListFilter]:
    class TermFilter(SimpleListFilter):
        title, parameter_name = attribute.replace("_", " "), attribute

        def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
            terms = Term.objects.filter(vocabulary=vocabulary, active=True)
            return [(term.code, str(term)) for term in terms]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{attribute: self.value()}) if self.value() else queryset

    return TermFilter
