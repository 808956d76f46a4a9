"""How many records a chunk takes: fewer while single records wait for its lock."""

from __future__ import annotations


class Pace:
    """The size of the next chunk of each entity, between `least` and `most`.

    Half as many once a chunk kept somebody waiting, twice as many once it did not.
    """

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most
        self._sizes: dict[str, int] = {}

    def size(self, entity: str) -> int:
        """How many records the next chunk takes."""
        return self._sizes.get(entity, self.most)

    def note(self, entity: str, kept_waiting: bool) -> None:
        """Say whether anybody waits for the chunk that is about to end."""
        size = self.size(entity)
        size = max(size // 2, self.least) if kept_waiting else min(size * 2, self.most)
        self._sizes[entity] = size
