"""Every address of the hub."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from mdm import health
from mdm.api import SandboxReset
from mdm.metrics import metrics

urlpatterns = [
    path("", include("sync.api.urls")),  # first: every record comes in here, and patterns are tried
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", include("mdm.console.urls")),
    path("admin/", admin.site.urls),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", metrics),
    path("api/v1/sandbox/reset", SandboxReset.as_view(), name="sandbox-reset"),
    path("", include("canonical.api.urls")),
    path("", include("matching.api.urls")),
    path("", include("sync.urls")),
]

if settings.OIDC_ENABLED:
    urlpatterns.append(path("oidc/", include("mozilla_django_oidc.urls")))
