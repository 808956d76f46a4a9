"""The console's addresses; the golden page stands where an entity's change form would."""

from __future__ import annotations

from django.urls import path, re_path

from canonical.entities import MODELS
from mdm.console import compare, deeds, golden, queue, work

app_name = "console"

UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
GOLDEN_MODELS = "|".join(("golden", *(str(model._meta.model_name) for model in MODELS)))

urlpatterns = [
    re_path(rf"^canonical/(?:{GOLDEN_MODELS})/(?P<golden>{UUID})/change/$", golden.golden_page),
    path("worklist/", queue.queue, name="queue"),
    path("worklist/act/", work.act, name="act"),
    path("worklist/decide/", work.decide_all, name="decide_all"),
    path("worklist/views/", work.save_view, name="save_view"),
    path("worklist/<uuid:item>/", work.open_item, name="open"),
    path("reviews/<uuid:review_id>/", compare.review_page, name="review"),
    path("reviews/<uuid:review_id>/decide/", compare.decide, name="decide"),
    path("compare/", compare.compare_page, name="compare"),
    path("merge/", deeds.merge, name="merge"),
    path("merge/survivor/", deeds.survivor, name="survivor"),
    path("merges/<uuid:merge>/undo/", deeds.undo, name="undo"),
    path("goldens/<uuid:golden>/split/", deeds.split, name="split"),
    path("goldens/<uuid:golden>/pin/", deeds.pin, name="pin"),
    path("goldens/<uuid:golden>/unpin/", deeds.unpin, name="unpin"),
]
