"""Vocabularies, typed reference data and the crosswalk: edited here, followed by the records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest

from canonical.admin.base import ConfigurationAdmin, ReadOnlyAdmin, principal_of
from canonical.golden.cause import cause_of
from canonical.governance import reference_data
from canonical.models import (
    Crosswalk,
    ExchangeRate,
    LegalEntity,
    PaymentTerm,
    Term,
    UnmappedValue,
    Vocabulary,
)

if TYPE_CHECKING:
    Form = ModelForm[Any]


@admin.register(Vocabulary)
class VocabularyAdmin(ReadOnlyAdmin[Vocabulary]):
    """The vocabularies; which there are is part of the model."""

    list_display = ("name", "title", "extensible", "terms", "unmapped")
    list_filter = ("extensible",)
    search_fields = ("name", "title")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Vocabulary]:
        unmapped = UnmappedValue.objects.filter(vocabulary=OuterRef("pk")).order_by()
        counted = unmapped.values("vocabulary").annotate(number=Count("pk")).values("number")
        found = super().get_queryset(request)
        return found.annotate(count=Count("terms"), unmapped_count=Subquery(counted))

    @admin.display(description="Terms", ordering="count")
    def terms(self, vocabulary: Any) -> int:
        return int(vocabulary.count)

    @admin.display(description="Unmapped values", ordering="unmapped_count")
    def unmapped(self, vocabulary: Any) -> int:
        return int(vocabulary.unmapped_count or 0)


def _tell(request: HttpRequest, count: int) -> None:
    if count:
        records = "record follows" if count == 1 else "records follow"
        messages.info(request, f"{count:,} golden {records}.")


@admin.register(Term)
class TermAdmin(ConfigurationAdmin[Term]):
    """Terms. A code is for ever: it can be made inactive, never changed or deleted."""

    list_display = ("code", "label", "vocabulary", "position", "active")
    list_filter = ("active", "vocabulary")
    list_select_related = ("vocabulary",)
    search_fields = ("code", "label")
    fields = ("vocabulary", "code", "label", "position", "active")

    def get_readonly_fields(self, request: HttpRequest, obj: Term | None = None) -> tuple[str, ...]:
        return ("vocabulary", "code") if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only an extensible vocabulary takes new terms."""
        if db_field.name == "vocabulary":
            kwargs["queryset"] = Vocabulary.objects.filter(extensible=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Term, form: Form, change: bool) -> None:
        cause = cause_of(principal_of(request))
        _tell(request, reference_data.keep_term(obj, None, cause))


class CrosswalkForm(ModelForm):  # type: ignore[type-arg]
    """A word and its term, which must be of the same vocabulary."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        vocabulary, term = cleaned.get("vocabulary"), cleaned.get("term")
        if vocabulary and term and term.vocabulary_id != vocabulary.pk:
            self.add_error("term", f"{term} is a term of {term.vocabulary_id}.")
        return cleaned


@admin.register(Crosswalk)
class CrosswalkAdmin(ConfigurationAdmin[Crosswalk]):
    """What each system's words mean; exactly the records that carry a word follow its edit."""

    list_display = ("value", "system", "vocabulary", "term", "outbound")
    list_filter = ("system", "vocabulary", "outbound")
    list_select_related = ("system", "vocabulary", "term")
    search_fields = ("value", "term__code", "term__label")
    fields = ("system", "vocabulary", "value", "term", "outbound")
    autocomplete_fields = ("term",)
    form = CrosswalkForm

    def has_delete_permission(self, request: HttpRequest, obj: Crosswalk | None = None) -> bool:
        return principal_of(request).may("admin")

    def save_model(self, request: HttpRequest, obj: Crosswalk, form: Form, change: bool) -> None:
        _tell(request, reference_data.save_crosswalk(obj))

    def delete_model(self, request: HttpRequest, obj: Crosswalk) -> None:
        _tell(request, reference_data.delete_crosswalk(obj))


class _TypedAdmin(ConfigurationAdmin[Any]):
    """Typed reference data: saved through the use case that tells every process."""

    def save_model(self, request: HttpRequest, obj: Model, form: Form, change: bool) -> None:
        reference_data.save(obj)


@admin.register(LegalEntity)
class LegalEntityAdmin(_TypedAdmin):
    """Our own legal entities."""

    list_display = ("name", "code", "country", "currency", "time_zone")
    list_select_related = ("term",)
    search_fields = ("name", "term__code")
    fields = ("term", "name", "country", "currency", "time_zone", "tax_ids")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("term",) if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "term":
            kwargs["queryset"] = Term.objects.filter(vocabulary="legal_entity")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="Code", ordering="term__code")
    def code(self, entity: LegalEntity) -> str:
        return entity.term.code


@admin.register(PaymentTerm)
class PaymentTermAdmin(_TypedAdmin):
    """Payment terms: when an invoice is due."""

    list_display = ("code", "net_days", "discount_pct", "discount_days")
    list_select_related = ("term",)
    search_fields = ("term__code",)
    fields = ("term", "net_days", "discount_pct", "discount_days")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("term",) if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "term":
            kwargs["queryset"] = Term.objects.filter(vocabulary="payment_terms")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="Code", ordering="term__code")
    def code(self, terms: PaymentTerm) -> str:
        return terms.term.code


@admin.register(ExchangeRate)
class ExchangeRateAdmin(_TypedAdmin):
    """Exchange rates, for ordering and roll-up only."""

    list_display = ("from_currency", "to_currency", "day", "rate")
    list_filter = ("from_currency", "to_currency")
    ordering = ("-day", "from_currency", "to_currency")

    def save_model(self, request: HttpRequest, obj: Any, form: Form, change: bool) -> None:
        reference_data.keep_rate(obj, cause_of(principal_of(request)))
