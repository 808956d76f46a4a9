"""What we know."""

from django.apps import AppConfig


class CanonicalConfig(AppConfig):
    """What we know."""

    name = "canonical"
