"""How gunicorn serves the hub: threads for the waiting, few of them for the latency."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from canonical import garbage
from mdm import logs

worker_class = "mdm.web.FairWorker"
workers = int(os.environ.get("ASSAY_WEB_PROCESSES", "2"))
threads = int(os.environ.get("ASSAY_WEB_THREADS", "8"))
bind = os.environ.get("ASSAY_BIND", "127.0.0.1:8000")
timeout = 60
graceful_timeout = 20
max_requests = 50_000
max_requests_jitter = 5_000
forwarded_allow_ips = os.environ.get("ASSAY_TRUSTED_PROXIES", "127.0.0.1")
control_socket_disable = True
logconfig_dict = logs.configure(os.environ.get("ASSAY_LOG_LEVEL", "INFO"))

_counts = Path(os.environ.get("ASSAY_VAR_DIR", "var")) / "metrics"
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(_counts.resolve()))


def on_starting(server: Any) -> None:
    """Start counting from nothing: files of a former run would be added to this one's."""
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def post_worker_init(worker: Any) -> None:
    """Search less for garbage, once all is loaded."""
    garbage.search_less()


def post_fork(server: Any, worker: Any) -> None:
    """Hand the interpreter over ten times as often.

    Measured on two cores: 216 to 490 creates a second, p95 from 103 to 25 ms; with the default of
    5 ms a thread that waits for the database gets its turn too late.
    """
    sys.setswitchinterval(0.0005)


def child_exit(server: Any, worker: Any) -> None:
    """Forget the gauges and the connections of a worker that is gone."""
    from prometheus_client import multiprocess

    from mdm import web

    web.shares.forget(worker.age)
    multiprocess.mark_process_dead(worker.pid)
