"""Evidence as a page shows it: masked for those who may not see, with codes instead of ids."""

from __future__ import annotations

import re
from dataclasses import replace
from uuid import UUID

from django.http import HttpRequest

from canonical.admin.base import principal_of
from canonical.models import Golden
from matching.engine.explain import Explanation
from matching.models import Review
from matching.questions import explanation
from mdm.console.layout.drawings import Bar, Waterfall, remembered, waterfall

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def hidden_from(request: HttpRequest, entity: str) -> frozenset[str]:
    """The comparisons whose values the one who looks may not see."""
    sees = principal_of(request).sees_restricted
    return frozenset() if sees else explanation.restricted(entity)


def drawn(request: HttpRequest, entity: str, told: Explanation) -> Waterfall:
    """The waterfall of an explanation; one statement more where it names golden records."""
    return _named(waterfall(told, hidden_from(request, entity)))


def drawn_as_noted(request: HttpRequest, review: Review) -> Waterfall:
    """The waterfall of what was noted when the question was asked."""
    return _named(remembered(review.detail, hidden_from(request, review.entity)))


def _named(drawing: Waterfall) -> Waterfall:
    ids = {UUID(i) for bar in drawing.bars for i in ID.findall(f"{bar.left} {bar.right}")}
    if not ids:
        return drawing
    codes = {
        str(pk): code for pk, code in Golden.objects.filter(pk__in=ids).values_list("pk", "code")
    }

    def name(text: str) -> str:
        return ID.sub(lambda found: codes.get(found[0], found[0]), text)

    def bar(one: Bar) -> Bar:
        return replace(one, left=name(one.left), right=name(one.right))

    return replace(drawing, bars=tuple(map(bar, drawing.bars)))
