"""docs/integrator-guide.md, block by block, on the hub that its first block starts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.databases import ROOT
from tests.journeys.conftest import Demo

GUIDE = ROOT / "docs" / "integrator-guide.md"
END = "\x1e"  # printed after each block
ANYTHING = "…"


def blocks() -> Iterator[tuple[str, str]]:
    """Language and text of every block."""
    yield from re.findall(r"^```(\w+)\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


def commands() -> list[tuple[str, Any]]:
    """Every bash block with the JSON that stands below it, if any."""
    found = list(blocks())
    following = [*found[1:], ("", "")]
    return [
        (text, json.loads(next_text) if next_language == "json" else None)
        for (language, text), (next_language, next_text) in zip(found, following, strict=True)
        if language == "bash"
    ]


def holds(shown: Any, real: Any) -> bool:
    """Whether the real answer has everything that the page shows."""
    if shown == ANYTHING:
        return True
    if isinstance(shown, dict):
        return isinstance(real, dict) and all(
            name in real and holds(value, real[name]) for name, value in shown.items()
        )
    if isinstance(shown, list) and shown:
        return len(shown) == len(real) and all(map(holds, shown, real))
    return bool(shown == real)


def test_every_block_answers_what_the_page_shows(empty_demo: Demo, tmp_path: Path) -> None:
    (start, _), *steps = commands()
    assert start == "python3 manage.py demo --empty\n"
    script = f"printf '\\n{END}\\n'\n".join(text for text, _ in steps)
    script = script.replace("http://127.0.0.1:8000", empty_demo.base_url)
    done = _run(["bash", "-euo", "pipefail", "-c", script], tmp_path)
    for (text, shown), said in zip(steps, done.split(END), strict=True):
        assert "Traceback" not in said, (text, said)
        if shown is not None:
            assert holds(shown, json.loads(said)), (text, said)
    assert _run([sys.executable, "-c", _python("httpx")], tmp_path).splitlines() == [
        "CL-000005 Westkamp Logistik AG",
        "6 records, then 0 changes",
    ]


def _run(command: list[str], folder: Path) -> str:
    """The output; anything on the error stream, or a failing command, is a failure."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), (done.stdout, done.stderr)
    return done.stdout


def _python(word: str) -> str:
    return next(text for language, text in blocks() if language == "python" and word in text)


def test_the_receiver_takes_what_is_signed_fresh_and_newer() -> None:
    room: dict[str, Any] = {}
    exec(_python("hmac"), room)
    held: dict[str, Any] = {}
    now = int(time.time())

    def deliver(version: int, *, at: int = now, key: bytes = b"k" * 24) -> int:
        event = {"subject": "g", "recordversion": version, "data": {"v": version}}
        body = json.dumps(event).encode()
        mac = hmac.new(key, f"m.{at}.".encode() + body, hashlib.sha256).digest()
        headers = {
            "webhook-id": "m",
            "webhook-timestamp": str(at),
            "webhook-signature": f"v1,bm90aGluZw== v1,{base64.b64encode(mac).decode()}",
        }
        secret = "whsec_" + base64.b64encode(b"k" * 24).decode()
        status: int = room["receive"](headers, body, secret, held)
        return status

    assert [deliver(2), deliver(1)] == [204, 204]
    assert held == {"g": (2, {"v": 2})}
    assert deliver(3, key=b"x" * 24) == 401
    assert deliver(3, at=now - 3600) == 401
    assert held["g"][0] == 2
