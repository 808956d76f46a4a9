"""Environments of their own for vendors' software, so that its pins and ours never meet.

Built once per list of requirements below var/environments, by pip, and kept.
"""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.conftest import leave_out


def python(requirements: Sequence[str]) -> Path:
    """The interpreter of an environment with these packages; skips where they cannot be had."""
    name = sha256("\n".join(requirements).encode()).hexdigest()[:12]
    root = Path(settings.BASE_DIR) / "var" / "environments"
    root.mkdir(parents=True, exist_ok=True)
    place = root / name
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one worker builds, the others wait
        if not (place / "ready").exists():
            _build(place, requirements)
    return place / "bin" / "python"


def _build(place: Path, requirements: Sequence[str]) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    done = subprocess.run(
        [*pip, "--disable-pip-version-check", *requirements],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        leave_out(f"needs {', '.join(requirements)}: {done.stderr.strip()[-200:]}")
    (place / "ready").touch()


def run(interpreter: Path, script: str, *arguments: str) -> Any:
    """Run a script with that interpreter; returns the JSON it printed last."""
    done = subprocess.run(
        [str(interpreter), "-W", "ignore", "-c", script, *arguments],
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    if done.returncode:
        pytest.fail(done.stderr[-2000:])
    return json.loads(done.stdout.strip().splitlines()[-1])
