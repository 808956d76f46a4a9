"""Celery as a doorbell: it wakes workers, repeats the sweep and lends threads. Nothing else.

No result, no ETA, no retry delay and no ordering is asked of it; what is due stands in the
database, and the sweep finds whatever a lost hint would have announced.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals

import mdm.broker  # noqa: F401 (registers folder://)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mdm.settings")

app = Celery("assay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.celeryd_init.connect
def wait_longer_as_a_worker(**_: Any) -> None:
    """A worker blocks on its queue for a second at a time: half a second would break the read."""
    options = app.conf.broker_transport_options
    patient = {name: 10 for name in options if name.startswith("socket_")}
    app.conf.broker_transport_options = {**options, **patient}


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Connecting is enough: Celery then leaves the logging of settings alone."""


@signals.worker_init.connect
def start_the_clockwork(**_: Any) -> None:
    """Begin to sweep, unless the database would acknowledge what it has not written."""
    from canonical import garbage
    from mdm.checks import refuse_unsafe_database
    from mdm.clockwork import Clockwork

    refuse_unsafe_database()
    garbage.search_less()
    Clockwork().start()
