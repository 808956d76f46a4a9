"""Named transforms: what a mapping rule may do to a value between the payload and the record."""

from sync.inbound.transforms import dates, numbers, places, text
from sync.inbound.transforms.registry import Transform, make, names

__all__ = ["Transform", "dates", "make", "names", "numbers", "places", "text"]
