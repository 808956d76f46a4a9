"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mdm.settings")

application = get_wsgi_application()

from mdm.checks import refuse_unsafe_database  # noqa: E402 (needs the applications loaded)

refuse_unsafe_database()
