"""Settings as a fresh process reads them: that is the only moment they are read."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

PRODUCTION = {
    "ASSAY_PRODUCTION": "true",
    "ASSAY_SECRET_KEY": "q8Zr5m2Wn0Xc7Vb4Kj9Hg6Fd3Sa1Pl-Oi_Uy8Tr5Ew2Qz0Xv4Bn6Mc",
    "ASSAY_DATABASE_URL": "postgres://assay:pw@database:5432/assay?sslmode=require",
    "ASSAY_BROKER_URL": "redis://broker:6379/0",
    "ASSAY_ALLOWED_HOSTS": "hub.example.com",
}
PRINT = """
import json, mdm.settings as s
print(json.dumps({name: value for name, value in vars(s).items() if name.isupper()}, default=str))
"""


def read(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=settings.BASE_DIR,
        env={**kept, "ASSAY_VAR_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def values(folder: Path, **environment: str) -> dict[str, object]:
    done = read(folder, **environment)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_without_any_variable_the_hub_is_embedded_and_closed(tmp_path: Path) -> None:
    found = values(tmp_path)

    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert found["CELERY_BROKER_URL"] == "folder://localhost"
    key = tmp_path / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert values(tmp_path)["SECRET_KEY"] == found["SECRET_KEY"] == key.read_text()


def test_production_is_strict(tmp_path: Path) -> None:
    found = values(tmp_path, **PRODUCTION, ASSAY_DEBUG="true")

    assert found["DEBUG"] is False
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000
    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["CSRF_COOKIE_SECURE"] is True
    assert not (tmp_path / "secret_key").exists()


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"ASSAY_PRODUCTION"}))
def test_production_does_not_start_half_configured(tmp_path: Path, name: str) -> None:
    rest = {key: value for key, value in PRODUCTION.items() if key != name}

    done = read(tmp_path, **rest)

    assert done.returncode != 0
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .endswith(f"{name} (or {name}_FILE) must be set in production.")
    )


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"ASSAY_DEBUG": "perhaps"}, "ASSAY_DEBUG"),
        ({"ASSAY_WORKER_THREADS": "many"}, "ASSAY_WORKER_THREADS"),
        ({"ASSAY_SECRET_KEY": "short"}, "shorter than 50"),
        ({"ASSAY_DATABASE_URL": "mysql://host/name"}, "must begin with postgres:// or sqlite://"),
        ({**PRODUCTION, "ASSAY_DATABASE_URL": "sqlite:////tmp/x"}, "Production needs PostgreSQL"),
    ],
)
def test_nonsense_stops_the_start(
    tmp_path: Path, variables: dict[str, str], complaint: str
) -> None:
    done = read(tmp_path, **variables)

    assert done.returncode != 0
    assert complaint in done.stderr.strip().splitlines()[-1]


def test_a_secret_can_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("f" * 64)
    given = {key: value for key, value in PRODUCTION.items() if key != "ASSAY_SECRET_KEY"}

    found = values(tmp_path, **given, ASSAY_SECRET_KEY_FILE=str(tmp_path / "key"))

    assert found["SECRET_KEY"] == "f" * 64


def test_production_passes_the_deployment_checks(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "ASSAY_NO_BOOTSTRAP": "1",
            "ASSAY_VAR_DIR": str(tmp_path),
            **PRODUCTION,
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
