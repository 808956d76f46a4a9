"""The OpenAPI document of the last release, kept as the one file of its kind in docs/api/."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from canonical.api.contract.renderers import dumps

FOLDER = Path(settings.BASE_DIR) / "docs" / "api"


def served() -> dict[str, Any]:
    """The document as it is served now."""
    found = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    document: dict[str, Any] = json.loads(dumps(found))
    return document


def released() -> dict[str, Any] | None:
    """The document of the last release, None before the first."""
    path = next(FOLDER.glob("openapi-*.json"), None)
    if path is None:
        return None
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def keep(document: dict[str, Any]) -> Path:
    """Make this the last release's document, under the version of the project."""
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())["project"]
    FOLDER.mkdir(parents=True, exist_ok=True)
    for outdated in FOLDER.glob("openapi-*.json"):
        outdated.unlink()
    path = FOLDER / f"openapi-{project['version']}.json"
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")
    return path
