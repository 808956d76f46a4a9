"""What the hub holds that helps to recognise an unknown system's values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from canonical.attributes import Kind
from canonical.entities import model_of
from canonical.models import Crosswalk, Term
from sync.inbound.suggest import Field, Known, Target
from sync.inbound.suggest.values import shapes

HELD = 400  # golden records that are looked at, the newest first
ASKED = 500  # sample values that are looked up


def known(entity: str, targets: Sequence[Target], fields: Sequence[Field]) -> Known:
    """Words of vocabularies, and what golden records hold; a fixed number of statements."""
    plain = [t for t in targets if not t.listed and "." not in t.path and _worth(t)]
    held, looks = _held(entity, plain)
    for path, values in _found(entity, plain, fields).items():
        held[path] |= values
    return Known(
        words=_words({t.attribute.vocabulary for t in targets if t.attribute.vocabulary}),
        held={path: frozenset(values) for path, values in held.items()},
        shapes=looks,
    )


def _worth(target: Target) -> bool:
    kinds = (Kind.TEXT, Kind.EMAIL, Kind.URI, Kind.PHONE)
    return target.attribute.kind in kinds and not target.attribute.restricted


def _words(vocabularies: set[str]) -> dict[str, frozenset[str]]:
    words: dict[str, set[str]] = defaultdict(set)
    terms = Term.objects.filter(vocabulary__in=vocabularies, active=True)
    for vocabulary, code, label in terms.values_list("vocabulary", "code", "label"):
        words[vocabulary] |= {code.casefold(), code.replace("_", " ").casefold(), label.casefold()}
    rows = Crosswalk.objects.filter(vocabulary__in=vocabularies)
    for vocabulary, value in rows.values_list("vocabulary", "value"):
        words[vocabulary].add(value.casefold())
    return {name: frozenset(found - {""}) for name, found in words.items()}


def _held(
    entity: str, targets: Sequence[Target]
) -> tuple[defaultdict[str, set[str]], dict[str, Counter[str]]]:
    """Values of the newest golden records, and how such values look."""
    names = [target.path for target in targets]
    rows = model_of(entity)._default_manager.order_by("-golden_id").values_list(*names)[:HELD]
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for row in rows:
        for name, value in zip(names, row, strict=True):
            if value:
                columns[name].append(value)
    held = defaultdict(set, {n: {str(v).casefold() for v in vs} for n, vs in columns.items()})
    return held, {name: shapes(values) for name, values in columns.items() if len(values) > 5}


def _found(entity: str, targets: Sequence[Target], fields: Sequence[Field]) -> dict[str, set[str]]:
    """Those of the sample values that some golden record holds in an identifying attribute."""
    asked = list({v for f in fields for v in f.values if isinstance(v, str) and len(v) > 3})[:ASKED]
    found = {}
    for target in targets:
        if target.attribute.identifying:
            rows = model_of(entity)._default_manager.filter(**{f"{target.path}__in": asked})
            found[target.path] = {
                str(value).casefold() for value in rows.values_list(target.path, flat=True)[:ASKED]
            }
    return found
