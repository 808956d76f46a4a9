from __future__ import annotations

import socket
from pathlib import Path

import pytest

from mdm import demo


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((demo.HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def hub(tmp_path: Path) -> demo.Demo:
    return demo.Demo(tmp_path / "demo", free_port(), empty=True)


def test_a_taken_port_is_said_to_be_taken(hub: demo.Demo) -> None:
    with socket.socket() as other:
        other.bind((demo.HOST, hub.port))
        other.listen()
        with pytest.raises(demo.DemoError, match=rf"Port {hub.port} cannot be used .* --port"):
            demo.check_port(hub)


def test_reset_removes_a_demo(hub: demo.Demo) -> None:
    demo.lock(hub).close()
    demo.reset(hub)

    assert not hub.folder.exists()


def test_reset_leaves_any_other_folder_alone(hub: demo.Demo) -> None:
    hub.folder.mkdir()
    (hub.folder / "thesis.txt").write_text("mine")

    with pytest.raises(demo.DemoError, match="not the folder of a demo"):
        demo.reset(hub)
    assert (hub.folder / "thesis.txt").exists()


def test_a_folder_is_one_demo_at_a_time(hub: demo.Demo) -> None:
    with demo.lock(hub), pytest.raises(demo.DemoError, match="already running"):
        demo.reset(hub)


def test_facts_are_for_this_user_alone(hub: demo.Demo) -> None:
    hub.folder.mkdir()
    hub.write_facts({"admin": {"password": "secret"}})

    assert hub.facts_file.stat().st_mode & 0o077 == 0
    assert hub.facts() == {"admin": {"password": "secret"}}
