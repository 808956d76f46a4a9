"""The bootstrap in a checkout of its own; the package index is a port where nothing listens."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap

ROOT = Path(__file__).resolve().parent.parent
NOWHERE = "http://127.0.0.1:1/simple/"
START = "import sys, bootstrap; bootstrap.prepare(sys.argv); print(sys.prefix)"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose requirements ask for nothing, its environment made by the first test."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copy(ROOT / "bootstrap.py", folder)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (folder / name).write_text("# nothing\n")
    return folder


def start(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {"PATH": os.environ["PATH"], "HOME": str(checkout)}
    offline = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": NOWHERE, "UV_INDEX_URL": NOWHERE}
    return subprocess.run(
        [sys.executable, "-c", START, *arguments],
        cwd=checkout,
        env={**kept, **offline, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_prepared_environment_is_used_as_it_is(checkout: Path) -> None:
    done = start(checkout, "demo", ASSAY_NO_BOOTSTRAP="1")

    assert done.stdout.strip() == sys.prefix
    assert not (checkout / ".venv").exists()


def test_makes_the_environment_once_for_every_command(checkout: Path) -> None:
    first, second, other = (start(checkout, name) for name in ("test", "test", "demo"))

    assert first.stdout.strip() == str(checkout / ".venv"), first.stderr
    assert "Preparing .venv from requirements-dev.txt" in first.stderr
    assert second.stdout == other.stdout == first.stdout
    assert second.stderr == other.stderr == ""  # development has production in it


def test_changed_requirements_are_installed_again(checkout: Path) -> None:
    (checkout / "requirements.txt").write_text("# still nothing\n")

    assert "Preparing .venv from requirements.txt" in start(checkout, "demo").stderr


def test_without_a_network_it_says_so_in_one_line(checkout: Path) -> None:
    digest = "0" * 64
    (checkout / "requirements.txt").write_text(f"absent==1.0 --hash=sha256:{digest}\n")

    done = start(checkout, "demo", PIP_RETRIES="0", UV_HTTP_RETRIES="0")

    assert done.returncode == 1
    said = done.stderr.strip().splitlines()[1:]
    assert len(said) == 1
    assert "the package index cannot be reached" in said[0]
    assert (checkout / "var" / "bootstrap.log").read_text()


def test_a_python_without_venv_names_the_package(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "VENV", checkout / ".venv")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        bootstrap._create(uv=None)


def test_an_old_python_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))

    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer; .* is Python 3\.9\.2"):
        bootstrap.prepare(["manage.py", "demo"])
