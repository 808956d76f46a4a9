"""Processes of their own on the test's database, for faults that end or freeze one."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.db import connection

SETUP = """
import django; django.setup()
from django.conf import settings; settings.ALLOW_LOCAL_TARGETS = True
"""
KILLED = 137


def environment(**more: str) -> dict[str, str]:
    """The environment in which a process works on this test's database."""
    name = settings.DATABASES["default"]["NAME"]
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        url = os.environ["ASSAY_DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "mdm.settings",
        "ASSAY_DATABASE_URL": url,
        "ASSAY_NO_BOOTSTRAP": "1",
        **more,
    }


def begin(code: str, **more: str) -> subprocess.Popen[str]:
    """Start a process that runs this code in a hub that is set up."""
    return subprocess.Popen(
        [sys.executable, "-c", SETUP + code],
        cwd=settings.BASE_DIR,
        env=environment(**more),
        stdout=subprocess.PIPE,
        text=True,
    )


def run(code: str, **more: str) -> int:
    """Run it to the end, whatever that is; its exit code."""
    process = begin(code, **more)
    process.communicate(timeout=60)
    return process.returncode


def call(program: list[str], **given: Any) -> subprocess.CompletedProcess[str]:
    """Run a program of the hub and read what it says."""
    return subprocess.run(
        [sys.executable, *program],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        **given,
    )
