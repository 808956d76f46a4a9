"""Where Tryton is installed, and what is said where it cannot be."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from mdm.tryton import installation
from mdm.tryton.installation import Installation, Unavailable


def test_every_package_is_pinned_by_hash_and_names_no_index() -> None:
    text = installation.REQUIREMENTS.read_text()
    pinned = re.findall(r"^(\S+)==\S+ \\$", text, re.MULTILINE)
    assert {f"trytond-{name.replace('_', '-')}" for name in installation.MODULES} <= set(pinned)
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text


def test_another_list_of_packages_is_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = installation.here()
    changed = tmp_path / "requirements.txt"
    changed.write_text("trytond==8.0.0\n")
    monkeypatch.setattr(installation, "REQUIREMENTS", changed)
    assert installation.here().folder != before.folder


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Failed to establish a new connection", "the package index cannot be reached"),
        ("something broke", "something broke"),
        ("", "no output"),
    ],
)
def test_a_failure_says_why_and_keeps_all_that_was_said(
    tmp_path: Path, said: str, reason: str
) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", f"import sys; print({said!r}); sys.exit(1)"]
    with pytest.raises(Unavailable, match=reason):
        installation._run(command, log)
    assert said in log.read_text()


def test_it_is_ready_only_when_it_was_made_to_the_end(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    assert not made.ready
    (tmp_path / "ready").touch()
    assert made.ready
