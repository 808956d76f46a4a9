"""Quality: what is missing, invalid or at odds, what could not be placed, and the score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from canonical import configuration, writer
from canonical.entities import schema_of
from canonical.golden.recompute import compute
from canonical.models import Golden, Link, SourceReference, UnmappedValue
from canonical.quality import Assessment, Dimension, assess
from mdm.console.layout.values import label

Context = dict[str, Any]
Unplaced = tuple[str, str, str]


def quality(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """Every issue by dimension, and what sources said that does not count yet."""
    computed = compute([golden], configuration.current(), writer.now())[golden.pk]
    assessed = assess(schema_of(golden.entity), computed.after)
    return {
        "assessed": assessed,
        "dimensions": [
            {
                "name": label(dimension),
                "mark": assessed.marks[dimension],
                "issues": [
                    {"path": issue.path, "label": _place(issue.path), "sentence": issue.sentence}
                    for issue in assessed.issues
                    if issue.dimension is dimension
                ],
            }
            for dimension in Dimension
        ],
        "unplaced": [*_unplaced(golden), *_survivorship(computed.issues)],
    }


def score(golden: Golden, content: Mapping[str, Any]) -> Assessment:
    """The assessment of a record as it stands, for its head."""
    return assess(schema_of(golden.entity), content)


def _place(path: str) -> str:
    """`items[2].bill_date` as people count: Items 3, bill date."""
    name, _, rest = path.partition("[")
    if not rest:
        return label(name.replace(".", ", "))
    place, _, part = rest.partition("]")
    told = f"{label(name)} {int(place) + 1}" if place.isdigit() else f"{label(name)} {place}"
    return f"{told}, {part.lstrip('.').replace('_', ' ')}" if part else told


def _unplaced(golden: Golden) -> Iterator[Unplaced]:
    """Words nobody explained and references that wait: (who, what, why)."""
    links = Link.objects.filter(golden=golden, until__isnull=True).values("record_id")
    words = UnmappedValue.objects.filter(record__in=links).select_related("record__system")
    for word in words.order_by("id"):
        said = f"No crosswalk row explains “{word.value}”."
        yield str(word.record), label(word.path), said
    waiting = SourceReference.objects.filter(record__in=links, pending=True)
    for reference in waiting.select_related("record__system").order_by("id"):
        name = "/".join(filter(None, (reference.system_code, reference.source_id)))
        yield str(reference.record), label(reference.path), f"Waits for {name}."


def _survivorship(issues: list[dict[str, str]]) -> Iterator[Unplaced]:
    for issue in issues:
        yield "", label(issue["attribute"]), issue["detail"]
