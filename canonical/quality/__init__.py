"""Quality: what is missing, invalid or inconsistent in a golden record, and a score. Pure.

Rules read a record's content and what is known of the records it names; they refuse nothing.
"""

from canonical.quality.assess import Assessment, assess
from canonical.quality.rules import Dimension, Issue

__all__ = ["Assessment", "Dimension", "Issue", "assess"]
