"""The checker checked: each rule of the architecture finds the offence it is there for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import test_architecture as rules

CACHED = (rules.sources, rules.tree, rules.nodes, rules.called)
BETWEEN_APPS = rules.test_imports_go_down_between_apps
INSIDE_AN_APP = rules.test_imports_go_down_inside_an_app
PURITY = rules.test_pure_modules_touch_neither_framework_nor_clock_nor_disk
HINTS = rules.test_hints_are_published_in_one_place_and_never_with_a_delay


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty house that the rules look at instead of ours."""
    monkeypatch.setattr(rules, "ROOT", tmp_path)
    for room in ("sync/outbound/wake.py", "matching/models.py", "canonical/golden/due.py"):
        write(tmp_path / room, "")
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    for function in CACHED:
        function.cache_clear()


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (BETWEEN_APPS, "canonical/golden/x.py", "import matching.models"),
        (BETWEEN_APPS, "canonical/golden/x.py", "def f():\n    from sync.outbound import wake"),
        (BETWEEN_APPS, "canonical/models/x.py", "ForeignKey('sync.Lane')"),
        (BETWEEN_APPS, "matching/x.py", "import_string('sync.outbound.wake.drain')"),
        (INSIDE_AN_APP, "canonical/models/x.py", "from canonical.golden import due"),
        (INSIDE_AN_APP, "canonical/survivorship/x.py", "from ..golden import due"),
        (PURITY, "canonical/survivorship/x.py", "from django.utils import timezone"),
        (PURITY, "matching/engine/x.py", "import datetime\nnow = datetime.datetime.now()"),
        (PURITY, "sync/outbound/answers/retry.py", "import random\ndelay = random.random()"),
        (PURITY, "sync/inbound/mapping/x.py", "open('mapping.json')"),
        (rules.test_only_egress_speaks_http, "sync/connectors/x.py", "import httpx"),
        (HINTS, "matching/x.py", "task.delay(1)"),
        (HINTS, "sync/outbound/wake.py", "task.apply_async(countdown=5)"),
        (rules.test_nothing_is_marked_safe, "mdm/x.py", "mark_safe(name)"),
        (rules.test_nothing_is_marked_safe, "mdm/x.py", "format_html(f'<b>{name}</b>')"),
        (rules.test_templates_escape_what_they_show, "templates/x.html", "{{ name|safe }}"),
        (
            rules.test_row_locks_are_taken_in_an_order,
            "canonical/x.py",
            "list(Golden.objects.select_for_update().filter(pk__in=ids))",
        ),
        (rules.test_money_is_never_a_float, "canonical/value.py", "float(amount)"),
        (
            rules.test_leases_are_measured_by_the_database_clock,
            "sync/outbound/delivery/lanes.py",
            "due = timezone.now()",
        ),
        (rules.test_no_module_is_named_after_nothing, "sync/utils.py", ""),
    ],
)
def test_finds(rule: Callable[[], None], path: str, text: str, house: Path) -> None:
    rule()  # an empty house offends nobody
    forget()
    write(house / path, text)

    with pytest.raises(AssertionError, match=path.replace(".", r"\.")):
        rule()
