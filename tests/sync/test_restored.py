"""After a restore a new timeline begins."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from sync.outbound.publishing import feed

pytestmark = pytest.mark.django_db


def test_places_of_the_former_timeline_are_gone() -> None:
    before = feed.head()

    call_command("restored")

    with pytest.raises(feed.Gone):
        feed.after(before, None, limit=10)
