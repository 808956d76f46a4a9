"""Addresses of the read API and of what describes it."""

from django.urls import path

from canonical.api import pages
from canonical.api.contract.oauth import TokenEndpoint

urlpatterns = [
    path("api/schema/", pages.SchemaDocument.as_view(), name="openapi"),
    path("api/docs/", pages.Documentation.as_view(), name="docs"),
    path("oauth/token/", TokenEndpoint.as_view(), name="token"),
    path("problems/", pages.problem_index, name="problems"),
    path("problems/<slug:code>/", pages.problem_page, name="problem"),
]
