"""The demo firm's records through the real intake, and how well they were put together."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Hashable, Mapping

import numpy as np
import numpy.typing as npt

from canonical.access import of_hub
from canonical.entities import ENTITIES
from canonical.models import Link, System
from matching.engine.accuracy import Accuracy, accuracy
from sync.inbound.demo.setup import FIRM
from sync.inbound.load import Loading

# As life goes: projects are set up before their clients, schedules before their accounts.
ORDER = [
    *(("hr", "resource"), ("crm", "resource"), ("crm", "client"), ("crm", "rate_card")),
    *(("psa", "engagement"), ("psa", "resource"), ("psa", "client"), ("psa", "rate_card")),
    *(("crm", "contract"), ("crm", "engagement"), ("hubspot", "resource")),
    *(("hubspot", "client"), ("hubspot", "engagement")),
    *(("erp", "engagement"), ("erp", "resource"), ("erp", "client"), ("erp", "rate_card")),
    *(("erp", "contract"), ("billing", "billing_schedule"), ("billing", "client")),
    *(("erp", "billing_schedule"), ("psa", "billing_schedule")),
]
Key = tuple[str, str, str]  # system, entity, source id


def load(progress: Callable[[int, int], object]) -> dict[str, Accuracy]:
    """Load every file, telling `progress` rows done and rows in all; print and return accuracy.

    Can be repeated: it goes on behind what was loaded before.
    """
    systems = System.objects.in_bulk()
    paths = [FIRM / "data" / f"{system}.{entity}.jsonl" for system, entity in ORDER]
    total = sum(path.read_bytes().count(b"\n") for path in paths)
    done = 0
    for (system, entity), path in zip(ORDER, paths, strict=True):
        loading = Loading(of_hub("demo"), systems[system], entity, path)
        done += loading.state.rows_done
        for _ in loading:
            done += 1
            progress(done, total)
    found = measure()
    sys.stdout.write(table(found))
    return found


def measure() -> dict[str, Accuracy]:
    """The present links against the firm's own truth, by entity."""
    with (FIRM / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    truth = {(row["system"], row["entity"], row["source_id"]): row["real"] for row in rows}
    links = Link.objects.filter(until__isnull=True)
    found: dict[Key, Hashable] = {
        (system, entity, source_id): golden
        for system, entity, source_id, golden in links.values_list(
            "record__system", "record__entity", "record__source_id", "golden"
        )
    }
    return {
        entity: compare({key: real for key, real in truth.items() if key[1] == entity}, found)
        for entity in ENTITIES
    }


def compare(truth: Mapping[Key, str], found: Mapping[Key, Hashable]) -> Accuracy:
    """Pairs put together against pairs that belong together; who is not found stands alone."""
    groups = [found.get(key, ("alone", key)) for key in truth]
    return accuracy(_labels(list(truth.values())), _labels(groups))


def _labels(values: list[Hashable] | list[str]) -> npt.NDArray[np.int64]:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64)


def table(found: Mapping[str, Accuracy]) -> str:
    """The accuracy of each entity, as people read it."""
    lines = ["Matching on the demo firm's own truth, by pairs of records:"]
    lines += [
        f"  {entity:17} precision {each.precision:.3f}  recall {each.recall:.3f}  F1 {each.f1:.3f}"
        for entity, each in found.items()
    ]
    return "\n".join(lines) + "\n"
