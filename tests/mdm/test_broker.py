from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from kombu.connection import Connection
from kombu.simple import SimpleQueue

from mdm import broker

WRITER = """
import sys, kombu, mdm.broker
with kombu.Connection("folder://", transport_options={"folder": sys.argv[1]}) as connection:
    queue = connection.SimpleQueue("hints")
    for number in range(int(sys.argv[3])):
        queue.put({"writer": sys.argv[2], "number": number, "padding": "x" * 5000})
"""


def queue_in(folder: Path, name: str = "hints") -> SimpleQueue:
    connection = Connection("folder://", transport_options={"folder": str(folder)})
    return SimpleQueue(connection.default_channel, name)


def drain(queue: SimpleQueue) -> list[dict[str, object]]:
    taken: list[dict[str, object]] = []
    while True:
        try:
            message = queue.get(block=False)
        except queue.Empty:
            return taken
        message.ack()
        taken.append(message.payload)


def test_messages_come_out_in_the_order_they_went_in(tmp_path: Path) -> None:
    queue = queue_in(tmp_path)
    for number in range(3):
        queue.put({"number": number})

    assert [message["number"] for message in drain(queue)] == [0, 1, 2]
    assert list(tmp_path.iterdir()) == []


def test_queues_whose_names_end_alike_do_not_meet(tmp_path: Path) -> None:
    queue_in(tmp_path, "slow.hints").put({"for": "slow.hints"})

    assert drain(queue_in(tmp_path, "hints")) == []


def test_no_message_is_lost_or_torn_while_processes_write_and_read(tmp_path: Path) -> None:
    """Kombu's own filesystem transport fails this: a reader moves a file that is being filled."""
    each = 150
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(number), str(each)])
        for number in range(3)
    ]
    queue = queue_in(tmp_path)
    taken: list[dict[str, object]] = []
    while any(writer.poll() is None for writer in writers):
        taken += drain(queue)
    taken += drain(queue)

    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert len({(message["writer"], message["number"]) for message in taken}) == 3 * each
    assert len(taken) == 3 * each


def test_a_full_folder_drops_hints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "FULL", 2)
    queue = queue_in(tmp_path)
    for number in range(3):
        queue.put({"number": number})

    assert len(drain(queue)) == 2
