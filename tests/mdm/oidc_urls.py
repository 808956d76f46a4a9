"""The hub's addresses as they are with an identity provider switched on."""

from django.urls import include, path

from mdm.urls import urlpatterns as hub

urlpatterns = [*hub, path("oidc/", include("mozilla_django_oidc.urls"))]
