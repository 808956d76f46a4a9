"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mdm.settings")

application = get_wsgi_application()

from django.urls import get_resolver  # noqa: E402 (these need the applications loaded)

from mdm.checks import refuse_unsafe_database  # noqa: E402

refuse_unsafe_database()
get_resolver().url_patterns  # noqa: B018 (read now, so that no request waits for the imports)
