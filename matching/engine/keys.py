"""Keys: stable 64-bit numbers that records of one thing are likely to share."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import product

from xxhash import xxh3_64_intdigest

from matching.engine.normalise import Features
from matching.engine.profile import Key, Part, Profile

_MASK = (1 << 64) - 1
MIX = 0x9E3779B97F4A7C15


def keys(profile: Profile, features: Features) -> list[int]:
    """All keys of a record as signed 64-bit integers, the rarest kinds first, no repetitions."""
    return _keys(profile, features, profile.keys)


def strong_keys(profile: Profile, features: Features) -> list[int]:
    """The keys made of identifiers alone: two goldens that share one belong before a person."""
    return _keys(profile, features, (key for key in profile.keys if key.strong))


def _keys(profile: Profile, features: Features, wanted: Iterable[Key]) -> list[int]:
    found: dict[int, None] = {}
    for key in wanted:
        halves = [_hashes(profile, features, key, part) for part in key.parts]
        for combination in product(*halves):
            found[signed(mix(combination))] = None
    return list(found)


def _hashes(profile: Profile, features: Features, key: Key, part: Part) -> list[int]:
    cell = features.cells[profile.position[part.field]]
    return block_hashes(key, part, cell)


def block_hashes(key: Key, part: Part, cell: Iterable[str]) -> list[int]:
    """Unsigned hashes of the distinct blocks of one cell, in a stable order."""
    blocks = dict.fromkeys([block for atom in cell for block in part.blocks(atom)])
    seed = _seed(key.name)
    return [xxh3_64_intdigest(block.encode(), seed) for block in blocks if block]


@cache
def _seed(name: str) -> int:
    return xxh3_64_intdigest(name.encode())


def mix(hashes: Iterable[int]) -> int:
    """One number out of several; of a single one, itself."""
    first, *others = hashes
    for other in others:
        first = (first * MIX & _MASK) ^ other
    return first


def signed(number: int) -> int:
    """The same 64 bits as PostgreSQL's bigint reads them."""
    return number - (1 << 64) if number >= 1 << 63 else number
