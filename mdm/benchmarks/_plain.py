"""What Django REST framework does by itself: one golden client as a model serializer shows it."""

from __future__ import annotations

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.urls import path

django.setup()
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = []

from rest_framework.generics import RetrieveAPIView  # noqa: E402
from rest_framework.renderers import JSONRenderer  # noqa: E402
from rest_framework.serializers import ModelSerializer  # noqa: E402

from canonical.entities.client import Client  # noqa: E402


class PlainClient(ModelSerializer[Client]):
    """Every column."""

    class Meta:
        model = Client
        fields = "__all__"


class Plain(RetrieveAPIView[Client]):
    """No sign-in, no quota, no lists, no references resolved."""

    queryset = Client.objects.all()
    serializer_class = PlainClient
    renderer_classes = (JSONRenderer,)
    authentication_classes = ()
    permission_classes = ()


urlpatterns = [path("<uuid:pk>", Plain.as_view())]
application = WSGIHandler()
