"""Addresses of the two doors."""

from django.urls import path

from canonical.entities import ENTITIES, schema_of
from sync.api.changes import Changes
from sync.api.closings import ClosingDetail, ClosingList
from sync.api.deliveries import Correct, DeliveryDetail, DeliveryList, ReplayOne
from sync.api.events import events
from sync.api.mappings import MappingDetail, MappingInForce, MappingList, Restore, Suggest
from sync.api.match import Match
from sync.api.notices import Notices
from sync.api.plans import Believers, PlanDetail, PlanList
from sync.api.snapshot import Snapshot
from sync.api.source import BatchView, GoldenBehind, SourceRecordView, SubmissionView
from sync.api.subscriptions import (
    Pause,
    ReplayMany,
    Resume,
    RotateSecret,
    SubscriptionDetail,
    SubscriptionList,
)
from sync.api.targets import DriftList, HealDrift, Reconcile, ReconciliationDetail
from sync.api.uploads import Load, Rehearse, UploadDetail, UploadList, Withdraw

_ONE = "api/v1/subscriptions/<uuid:id>"
_UPLOAD = "api/v1/uploads/<uuid:id>"
_MAPPING = "api/v1/mappings/<str:system>/<str:entity>"

_SOURCE = "api/v1/systems/<str:system>/<str:entity>"

urlpatterns = [
    path("api/v1/systems/<str:system>/events", Notices.as_view(), name="events-of-system"),
    path(f"{_SOURCE}/batch", BatchView.as_view(), name="source-batch"),
    path(f"{_SOURCE}/<path:source_id>/golden", GoldenBehind.as_view(), name="source-golden"),
    path(f"{_SOURCE}/<path:source_id>", SourceRecordView.as_view(), name="source-record"),
    path("api/v1/submissions/<uuid:id>", SubmissionView.as_view(), name="submission"),
    path("api/v1/mappings", MappingList.as_view(), name="mappings"),
    path(_MAPPING, MappingInForce.as_view(), name="mapping"),
    path(f"{_MAPPING}/draft", Suggest.as_view(), name="mapping-draft"),
    path(f"{_MAPPING}/<str:version>", MappingDetail.as_view(), name="mapping-version"),
    path(f"{_MAPPING}/<str:version>/restore", Restore.as_view(), name="mapping-restore"),
    path("api/v1/uploads", UploadList.as_view(), name="uploads"),
    path(_UPLOAD, UploadDetail.as_view(), name="upload"),
    path(f"{_UPLOAD}/rehearse", Rehearse.as_view(), name="upload-rehearse"),
    path(f"{_UPLOAD}/load", Load.as_view(), name="upload-load"),
    path(f"{_UPLOAD}/withdraw", Withdraw.as_view(), name="upload-withdraw"),
    *(
        path(f"api/v1/match/{schema_of(e).path}", Match.as_view(entity=e), name=f"{e}-match")
        for e in ENTITIES
    ),
    path("api/v1/changes", Changes.as_view(), name="changes"),
    path("api/v1/snapshot", Snapshot.as_view(), name="snapshot"),
    path("api/v1/subscriptions", SubscriptionList.as_view(), name="subscriptions"),
    path(_ONE, SubscriptionDetail.as_view(), name="subscription"),
    path(f"{_ONE}/pause", Pause.as_view(), name="subscription-pause"),
    path(f"{_ONE}/resume", Resume.as_view(), name="subscription-resume"),
    path(f"{_ONE}/replay", ReplayMany.as_view(), name="subscription-replay"),
    path(f"{_ONE}/rotate-secret", RotateSecret.as_view(), name="subscription-rotate-secret"),
    path("api/v1/closing-calendars", ClosingList.as_view(), name="closing-calendars"),
    path(
        "api/v1/closing-calendars/<str:legal_entity>",
        ClosingDetail.as_view(),
        name="closing-calendar",
    ),
    path("api/v1/targets/<str:code>/drift", DriftList.as_view(), name="target-drift"),
    path("api/v1/targets/<str:code>/drift/<uuid:id>/heal", HealDrift.as_view(), name="heal-drift"),
    path("api/v1/targets/<str:code>/reconciliations", Reconcile.as_view(), name="reconciliations"),
    path(
        "api/v1/targets/<str:code>/reconciliations/<uuid:id>",
        ReconciliationDetail.as_view(),
        name="reconciliation",
    ),
    path("api/v1/plans", PlanList.as_view(), name="plans"),
    path("api/v1/plans/unacknowledged", Believers.as_view(), name="unacknowledged-steps"),
    path("api/v1/plans/<uuid:id>", PlanDetail.as_view(), name="plan"),
    path("api/v1/deliveries", DeliveryList.as_view(), name="deliveries"),
    path("api/v1/deliveries/<str:id>", DeliveryDetail.as_view(), name="delivery"),
    path("api/v1/deliveries/<str:id>/correct", Correct.as_view(), name="delivery-correct"),
    path("api/v1/deliveries/<str:id>/replay", ReplayOne.as_view(), name="delivery-replay"),
    path("api/events/", events, name="asyncapi"),
]
