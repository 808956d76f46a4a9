"""Which records are the same thing."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """Which records are the same thing."""

    name = "matching"
