"""The porch as a Django app: console pages and the commands that run the whole house."""

from django.apps import AppConfig


class MdmConfig(AppConfig):
    """Wiring and cross-app pages; of its own it keeps only the sweep's heartbeat."""

    name = "mdm"
    verbose_name = "Assay"

    def ready(self) -> None:
        """Register the system checks."""
        from mdm import checks  # noqa: F401
