"""Keys: stable 64-bit numbers that records of one thing are likely to share.

A part of a key is hashed once, however many keys it stands in; the key's own name tells keys of
equal parts apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import product

from xxhash import xxh3_64_intdigest

from matching.engine.blocks import Parts
from matching.engine.compare.base import PART
from matching.engine.normalise import Features
from matching.engine.profile import Key, Part, Profile

_MASK = (1 << 64) - 1
MIX = 0x9E3779B97F4A7C15
hashed = xxh3_64_intdigest
"""The unsigned hash of one block's bytes."""

NONE = hashed(b"")
"""The hash of no text: a block that is not there."""


def keys(profile: Profile, features: Features) -> list[int]:
    """All keys of a record as signed 64-bit integers, the rarest kinds first, no repetitions."""
    return list(_keys(profile, features, profile.keys))


def keys_told(profile: Profile, features: Features) -> dict[int, bool]:
    """The same keys in the same order, and whether each is made of identifiers alone."""
    return _keys(profile, features, profile.keys)


def strong_keys(profile: Profile, features: Features) -> list[int]:
    """The keys made of identifiers alone: two goldens that share one belong before a person."""
    return list(_keys(profile, features, (key for key in profile.keys if key.strong)))


def keys_by_name(profile: Profile, features: Features) -> list[tuple[int, str]]:
    """All keys of a record, each with the name of its kind."""
    return [(key, each.name) for each in profile.keys for key in _keys(profile, features, [each])]


def _keys(profile: Profile, features: Features, wanted: Iterable[Key]) -> dict[int, bool]:
    cells = features.cells
    atoms: dict[str, list[Parts]] = {}
    hashes: dict[int, list[int]] = {}
    found: dict[int, bool] = {}
    for key in wanted:
        numbers = profile.parts[key.name]
        for number, part in zip(numbers, key.parts, strict=True):
            if number in hashes:
                continue
            if part.field not in atoms:
                cell = cells[profile.position[part.field]]
                atoms[part.field] = [atom.split(PART) for atom in cell]
            hashes[number] = _hashes(part, atoms[part.field])
        start = seed(key)
        for combination in product(*[hashes[number] for number in numbers]):
            one = signed(mix((start, *combination)))
            found[one] = key.strong or found.get(one, False)
    return found


def _hashes(part: Part, atoms: Iterable[Parts]) -> list[int]:
    """Unsigned hashes of the distinct blocks of one cell, in a stable order."""
    found: dict[int, None] = {}
    for parts in atoms:
        blocks = part.blocks(parts)
        for block in (blocks,) if isinstance(blocks, str) else blocks:
            found[hashed(block.encode()) if isinstance(block, str) else block] = None
    found.pop(NONE, None)
    return list(found)


def seed(key: Key) -> int:
    """What the hashes of a key start from."""
    return _seed(key.name)


@cache
def _seed(name: str) -> int:
    return hashed(name.encode())


def mix(hashes: Iterable[int]) -> int:
    """One number out of several."""
    first, *others = hashes
    for other in others:
        first = (first * MIX & _MASK) ^ other
    return first


def signed(number: int) -> int:
    """The same 64 bits as PostgreSQL's bigint reads them."""
    return number - (1 << 64) if number >= 1 << 63 else number
