"""Addresses of the read API and of what describes it."""

from itertools import chain

from django.urls import URLPattern, path

from canonical.api import pages
from canonical.api.contract.oauth import TokenEndpoint
from canonical.api.credentials import (
    CredentialDetail,
    CredentialList,
    RevokeCredential,
    RotateCredential,
)
from canonical.api.exchange_rates import ExchangeRateDetail, ExchangeRateList
from canonical.api.facets import History, Relations, Sources
from canonical.api.lineage import Lineage
from canonical.api.overrides import Overrides
from canonical.api.policies import PolicyInForce, PolicyList
from canonical.api.rates import Rates
from canonical.api.records import RecordDetail, RecordList
from canonical.api.reference_data import VocabularyDetail, VocabularyList
from canonical.api.terms import TermView
from canonical.api.words import UnmappedWords, Word
from canonical.entities import ENTITIES, schema_of

_CREDENTIAL = "api/v1/credentials/<str:client_id>"


def _of_entity(entity: str) -> list[URLPattern]:
    """The addresses below one entity's path."""
    base = f"api/v1/{schema_of(entity).path}"
    one = f"{base}/<str:id>"
    return [
        path(base, RecordList.as_view(entity=entity), name=f"{entity}-list"),
        path(one, RecordDetail.as_view(entity=entity), name=f"{entity}-detail"),
        path(f"{one}/lineage", Lineage.as_view(entity=entity), name=f"{entity}-lineage"),
        path(f"{one}/sources", Sources.as_view(entity=entity), name=f"{entity}-sources"),
        path(f"{one}/history", History.as_view(entity=entity), name=f"{entity}-history"),
        path(
            f"{one}/overrides/<str:attribute>",
            Overrides.as_view(entity=entity),
            name=f"{entity}-override",
        ),
        path(f"{one}/relations", Relations.as_view(entity=entity), name=f"{entity}-relations"),
    ]


urlpatterns = [
    *chain.from_iterable(_of_entity(entity) for entity in ENTITIES),
    path("api/v1/rates", Rates.as_view(), name="rates"),
    path("api/v1/vocabularies", VocabularyList.as_view(), name="vocabularies"),
    path("api/v1/vocabularies/<str:name>", VocabularyDetail.as_view(), name="vocabulary"),
    path("api/v1/vocabularies/<str:name>/unmapped", UnmappedWords.as_view(), name="unmapped"),
    path(
        "api/v1/vocabularies/<str:name>/words/<str:system>/<path:value>",
        Word.as_view(),
        name="word",
    ),
    path("api/v1/vocabularies/<str:name>/terms/<str:code>", TermView.as_view(), name="term"),
    path("api/v1/exchange-rates", ExchangeRateList.as_view(), name="exchange-rates"),
    path(
        "api/v1/exchange-rates/<str:from_currency>/<str:to_currency>/<str:day>",
        ExchangeRateDetail.as_view(),
        name="exchange-rate",
    ),
    path("api/v1/policies", PolicyList.as_view(), name="policies"),
    path("api/v1/policies/<str:entity>", PolicyInForce.as_view(), name="policy"),
    path("api/v1/credentials", CredentialList.as_view(), name="credentials"),
    path(_CREDENTIAL, CredentialDetail.as_view(), name="credential"),
    path(f"{_CREDENTIAL}/rotate-secret", RotateCredential.as_view(), name="rotate-credential"),
    path(f"{_CREDENTIAL}/revoke", RevokeCredential.as_view(), name="revoke-credential"),
    path("api/schema/", pages.SchemaDocument.as_view(), name="openapi"),
    path("api/docs/", pages.Documentation.as_view(), name="docs"),
    path("api/redoc/", pages.Reference.as_view(), name="redoc"),
    path("api/catalogue/", pages.catalogue_page, name="catalogue"),
    path("oauth/token/", TokenEndpoint.as_view(), name="token"),
    path("problems/", pages.problem_index, name="problems"),
    path("problems/<slug:code>/", pages.problem_page, name="problem"),
]
