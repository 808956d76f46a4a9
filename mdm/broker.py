"""The embedded broker: messages as files in one folder, published and claimed by a rename.

Kombu's own filesystem transport loses messages (18 to 109 of 6,000 in a trial): a reader can move
a file away while its writer still fills it. Here a message appears under its name only when it is
whole, and the rename that claims it succeeds for one reader. It carries hints, nothing more: what
is due stands in the database, so a full folder may drop them.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.utils.json import dumps, loads

# Messages; reached only if nobody consumes. Every publisher counts them, so few are kept: 10,000
# cost a write 50 ms each time, and the sweep finds what any number of hints would tell.
FULL = 500


class Channel(virtual.Channel):
    """One queue is the files that end in its name; the oldest name comes first."""

    @property
    def folder(self) -> Path:
        return Path(self.connection.client.transport_options["folder"])

    def waiting(self, queue: str) -> Iterator[Path]:
        """The messages of a queue, oldest first."""
        return (self.folder / name for name in sorted(self._names(queue)))

    def _names(self, queue: str) -> list[str]:
        """The names of a queue's messages; those being written or claimed begin with a dot."""
        ending = f"{queue}.msg"
        return [n for n in os.listdir(self.folder) if n.partition(".")[2] == ending]

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        if self._size(queue) >= FULL:
            return
        name = f"{time.time_ns()}-{uuid.uuid4().hex}.{queue}.msg"
        draft = self.folder / f".{name}"
        draft.write_text(dumps(message))
        draft.rename(self.folder / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for path in self.waiting(queue):
            claimed = path.with_name(f".{path.name}")
            try:
                path.rename(claimed)
            except FileNotFoundError:  # another reader was faster
                continue
            text = claimed.read_text()
            claimed.unlink()
            return loads(text)
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._names(queue))

    def _purge(self, queue: str) -> int:
        messages = list(self.waiting(queue))
        for path in messages:
            path.unlink(missing_ok=True)
        return len(messages)


class Transport(virtual.Transport):
    """`folder://`, the folder itself in the transport option `folder`."""

    Channel = Channel
    polling_interval = 0.1
    driver_type = driver_name = "folder"

    def driver_version(self) -> str:
        return "1"


TRANSPORT_ALIASES["folder"] = "mdm.broker:Transport"
