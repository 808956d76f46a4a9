"""Addresses of the Steward API."""

from django.urls import URLPattern, path

from canonical.entities import ENTITIES, schema_of
from matching.api.deeds import MergeDetail, MergeInto, MergeList, Split, Undo
from matching.api.reviews import Decide, DecideAll, ReviewDetail, ReviewList
from matching.api.work_items import Assign, Close, Snooze, WorkItemDetail, WorkItemList


def _of_entity(entity: str) -> list[URLPattern]:
    one = f"api/v1/{schema_of(entity).path}/<str:id>"
    return [
        path(f"{one}/merge", MergeInto.as_view(entity=entity), name=f"{entity}-merge"),
        path(f"{one}/split", Split.as_view(entity=entity), name=f"{entity}-split"),
    ]


urlpatterns = [
    *(pattern for entity in ENTITIES for pattern in _of_entity(entity)),
    path("api/v1/merges", MergeList.as_view(), name="merges"),
    path("api/v1/merges/<uuid:id>", MergeDetail.as_view(), name="merge"),
    path("api/v1/merges/<uuid:id>/undo", Undo.as_view(), name="merge-undo"),
    path("api/v1/reviews", ReviewList.as_view(), name="reviews"),
    path("api/v1/reviews/decide", DecideAll.as_view(), name="reviews-decide"),
    path("api/v1/reviews/<uuid:id>", ReviewDetail.as_view(), name="review"),
    path("api/v1/reviews/<uuid:id>/decide", Decide.as_view(), name="review-decide"),
    path("api/v1/work-items", WorkItemList.as_view(), name="work-items"),
    path("api/v1/work-items/<uuid:id>", WorkItemDetail.as_view(), name="work-item"),
    path("api/v1/work-items/<uuid:id>/assign", Assign.as_view(), name="work-item-assign"),
    path("api/v1/work-items/<uuid:id>/snooze", Snooze.as_view(), name="work-item-snooze"),
    path("api/v1/work-items/<uuid:id>/close", Close.as_view(), name="work-item-close"),
]
