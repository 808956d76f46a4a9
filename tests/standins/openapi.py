"""Bodies checked against a vendor's published OpenAPI document."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft4Validator

from tests.standins.server import plain

SPECS: Final = Path(__file__).parent / "specs"


@cache
def document(name: str) -> dict[str, Any]:
    """A document below specs, read once."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load((SPECS / name).read_text(encoding="utf-8"), Loader=loader)
    return loaded


@cache
def _validator(name: str, schema: str) -> Draft4Validator:
    """Schemas of OpenAPI 3.0 and Swagger 2.0 are close to JSON Schema draft 4."""
    whole = document(name)
    place = "definitions" if "swagger" in whole else "components/schemas"
    return Draft4Validator({"$ref": f"#/{place}/{schema}", **whole})


def faults(name: str, schema: str, body: Any) -> list[str]:
    """Where a body differs from a schema of the document; empty where it does not."""
    found = _validator(name, schema).iter_errors(plain(body))
    return [f"{'/'.join(map(str, error.path))}: {error.message}" for error in found]
