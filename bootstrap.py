"""Prepares the Python environment of this checkout, before Django is imported.

Standard library only, and in a syntax that Python 3.7 still reads, so that an old interpreter
gets a sentence instead of a syntax error.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NEEDS_DEVELOPMENT_PACKAGES = {"test", "bench", "check_all", "fuzz"}
NO_NETWORK = re.compile(
    r"failed to establish a new connection|name resolution|dns error|error sending request"
    r"|connection refused|network is unreachable|timed out|tunnel connection failed",
    re.IGNORECASE,
)


def prepare(argv: list[str]) -> None:
    """Return in an interpreter that has the locked packages; re-executes `argv` to get there.

    ASSAY_NO_BOOTSTRAP, set to anything, leaves the environment as it is (containers, CI images).
    Exits with one line when the environment cannot be made.
    """
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"Assay needs Python 3.11 or newer; {sys.executable} is Python {found}.")
    if os.environ.get("ASSAY_NO_BOOTSTRAP"):
        return
    command = argv[1] if len(argv) > 1 else ""
    development = command in NEEDS_DEVELOPMENT_PACKAGES
    requirements = ROOT / ("requirements-dev.txt" if development else "requirements.txt")
    if not _is_current(requirements):
        _install_once(requirements)
    if Path(sys.prefix).resolve() != VENV.resolve():
        os.execv(str(PYTHON), [str(PYTHON), *sys.orig_argv[1:]])


def _digest(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes()).hexdigest()


def _stamp(requirements: Path) -> Path:
    return VENV / (requirements.name + ".sha256")


def _is_ours() -> bool:
    """Whether .venv runs and belongs to this version of Python."""
    library = VENV / "lib" / "python{}.{}".format(*sys.version_info[:2])
    return PYTHON.exists() and library.is_dir()


def _is_current(requirements: Path) -> bool:
    stamp = _stamp(requirements)
    return _is_ours() and stamp.exists() and stamp.read_text() == _digest(requirements)


def _installs(requirements: Path) -> list[Path]:
    """The files whose packages are all there afterwards: development has production in it."""
    return sorted(ROOT.glob("requirements*.txt")) if "-dev" in requirements.name else [requirements]


def _install_once(requirements: Path) -> None:
    """Install under a lock: of two commands started together, the second one waits."""
    with requirements.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_current(requirements):
            return
        uv = working_uv()
        _say(f"Preparing .venv from {requirements.name} with {'uv' if uv else 'pip'}, once ...")
        if not _is_ours() or not (uv or _has_pip()):
            _create(uv)
        _install(requirements, uv)
        for installed in _installs(requirements):
            _stamp(installed).write_text(_digest(installed))


def working_uv() -> str | None:
    """The path of uv; none if it is missing or only a shim that points nowhere."""
    uv = shutil.which("uv")
    if uv and subprocess.run([uv, "--version"], capture_output=True, check=False).returncode == 0:
        return uv
    return None


def _has_pip() -> bool:
    return any(VENV.glob("lib/python*/site-packages/pip/__init__.py"))


def _create(uv: str | None) -> None:
    if uv:
        _run([uv, "venv", "--clear", "--python", sys.executable, str(VENV)], "make .venv")
        return
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "This Python cannot make virtual environments. "
            "On Debian and Ubuntu: apt-get install python3-venv"
        )
    _run([sys.executable, "-m", "venv", "--clear", str(VENV)], "make .venv")


def _install(requirements: Path, uv: str | None) -> None:
    if uv:  # which otherwise leaves compiling to the first import, of every single start
        install = [uv, "pip", "install", "--python", str(PYTHON), "--compile-bytecode"]
    else:
        install = [str(PYTHON), "-m", "pip", "install", "--retries", "2", "--no-input"]
    safely = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    _run([*install, *safely, "-r", str(requirements)], f"install {requirements.name}")


def _run(command: list[str], purpose: str) -> None:
    """Run quietly; on failure keep the whole output in a file and leave with one line."""
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if result.returncode == 0:
        return
    log = ROOT / "var" / "bootstrap.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text(result.stdout)
    reason = (result.stdout.strip().splitlines() or ["no output"])[-1]
    if NO_NETWORK.search(result.stdout):
        reason = "the package index cannot be reached"
    sys.exit(f"Could not {purpose}: {reason} (everything it said: {log}).")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201
