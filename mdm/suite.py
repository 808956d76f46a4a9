"""Runs the test suite on every database that answers, and says in words what it left out."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as xml

from mdm import services

ROOT = Path(__file__).resolve().parent.parent
NO_TESTS = 5  # pytest's exit code when a selection is empty
WORKERS = min(2, os.cpu_count() or 1)

Say = Callable[[str], object]


def run(arguments: list[str], say: Say) -> int:
    """Run pytest on the embedded database, then what touches a database again on PostgreSQL.

    `arguments` go to pytest as they are; without any, two worker processes share the suite.
    Returns the exit code: 0 only if every run passed and, in CI, nothing that listens was left out.
    """
    if refused := _refused_in_ci():
        say(refused)
        return 1
    halves = ["embedded", "postgres"] if services.postgres().answers else ["embedded"]
    with tempfile.TemporaryDirectory(prefix="assay-test-") as folder:
        results = [_run_half(half, arguments, Path(folder), say) for half in halves]
    _report(sum((counts for _, counts in results), Counter()), say)
    return max(code for code, _ in results)


def _refused_in_ci() -> str:
    """In CI a service that listens but turns us away is a failure, not a reason to skip."""
    if not os.environ.get("CI"):
        return ""
    for service in (services.postgres(), services.redis_server()):
        if service.listens and service.problem:
            return f"{service.name} is there but refuses us: {service.problem}"
    return ""


def _run_half(half: str, arguments: list[str], folder: Path, say: Say) -> tuple[int, Counter[str]]:
    say(f"\n== Tests on {'PostgreSQL' if half == 'postgres' else 'the embedded database'} ==")
    report = folder / f"{half}.xml"
    spread = [] if arguments else ["-n", str(WORKERS)]
    split = ["--half", half] if services.postgres().answers else []
    command = [sys.executable, "-m", "pytest", f"--junit-xml={report}", *split, *spread, *arguments]
    code = subprocess.run(command, cwd=ROOT, env=_environment(half, folder), check=False).returncode
    return (0 if code == NO_TESTS else code), _counts(report)


def _environment(half: str, folder: Path) -> dict[str, str]:
    environment = {**os.environ, "ASSAY_VAR_DIR": str(folder / half)}
    environment.pop("ASSAY_DATABASE_URL", None)
    if half == "postgres":
        environment["ASSAY_DATABASE_URL"] = services.POSTGRES_URL
    return environment


def _counts(report: Path) -> Counter[str]:
    """Passed, failed and skipped, read from pytest's JUnit report."""
    counts: Counter[str] = Counter()
    if not report.exists():
        return counts
    for suite in xml.parse(report).getroot().iter("testsuite"):  # noqa: S314
        tests, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        counts.update(passed=tests - failed - skipped, failed=failed, skipped=skipped)
    return counts


def _report(counts: Counter[str], say: Say) -> None:
    say("")
    for service in (services.postgres(), services.redis_server(), services.chromium()):
        if not service.answers:
            say(f"Skipped what needs {service.name}: {service.problem}.")
    say(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
