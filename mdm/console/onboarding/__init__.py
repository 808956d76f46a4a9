"""The wizard that adds a system: its samples, its mapping with what it makes of them.

What was chosen so far stands in the session (`session`), so that nothing of an unfinished system is
in the hub; the file that follows is a load like any other.
"""

from mdm.console.onboarding.pages import mapping_page, samples_page

__all__ = ["mapping_page", "samples_page"]
