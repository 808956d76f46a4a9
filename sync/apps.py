"""The two doors."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    """The two doors."""

    name = "sync"
