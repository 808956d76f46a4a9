"""The console's addresses; the golden page stands where an entity's change form would."""

from __future__ import annotations

from django.urls import path, re_path

from canonical.entities import MODELS
from mdm.console import boards, loads, onboarding, vocabulary
from mdm.console.compare import pages as compare
from mdm.console.compare import why
from mdm.console.golden import deeds, undo, unmasking
from mdm.console.golden import page as golden
from mdm.console.worklist import deeds as work
from mdm.console.worklist import queue

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
    path("boards/targets/", boards.sync_board, name="sync_board"),
    path("boards/matching/", boards.matching_board, name="matching_board"),
    path("boards/completeness/", boards.completeness_board, name="completeness_board"),
    path("vocabularies/", vocabulary.vocabularies_page, name="vocabularies"),
    path("vocabularies/<slug:vocabulary>/", vocabulary.vocabulary_page, name="vocabulary"),
    path("vocabularies/<slug:vocabulary>/word/", vocabulary.word_page, name="word"),
    path("onboarding/", onboarding.samples_page, name="onboarding"),
    path("onboarding/mapping/", onboarding.mapping_page, name="mapping"),
    path("loads/", loads.loads_page, name="loads"),
    path("loads/new/", loads.new_load, name="new_load"),
    path("loads/<uuid:upload>/", loads.load_page, name="load"),
    path("loads/<uuid:upload>/step/", loads.step, name="load_step"),
    path("loads/<uuid:upload>/withdraw/", loads.withdraw_page, name="withdraw"),
    path("why/", why.why, name="why"),
    path("compare/", compare.compare_page, name="compare"),
    path("merge/", deeds.merge, name="merge"),
    path("merge/survivor/", deeds.survivor, name="survivor"),
    path("merges/undo/", undo.undo_all, name="undo_all"),
    path("merges/<uuid:merge>/undo/", undo.undo, name="undo"),
    path("goldens/<uuid:golden>/unmask/", unmasking.unmask_golden, name="unmask"),
    path("goldens/<uuid:golden>/split/", deeds.split, name="split"),
    path("goldens/<uuid:golden>/pin/", deeds.pin, name="pin"),
    path("goldens/<uuid:golden>/unpin/", deeds.unpin, name="unpin"),
]
