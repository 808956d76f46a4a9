"""What we know."""

from importlib import import_module

from django.apps import AppConfig


class CanonicalConfig(AppConfig):
    """What we know."""

    name = "canonical"

    def ready(self) -> None:
        """Register the lookups of every room's queries, and what changes configuration."""
        import_module("canonical.lookups")
        import_module("canonical.configuration")
