"""What we know."""

from importlib import import_module

from django.apps import AppConfig


class CanonicalConfig(AppConfig):
    """What we know."""

    name = "canonical"

    def ready(self) -> None:
        """Register the lookups that queries of every room use."""
        import_module("canonical.lookups")
