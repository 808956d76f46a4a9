"""Addresses beside the API: the sink, in a demo only."""

from django.conf import settings
from django.urls import path

from sync import views

urlpatterns = []
if settings.DEMO:
    urlpatterns = [
        path("sink/", views.page, name="sink"),
        path("sink/change/<int:received>/", views.change, name="sink-change"),
        path("sink/<uuid:subscription>/", views.receive, name="sink-receive"),
    ]
