"""The porch as a Django app: console pages and the commands that run the whole house."""

from django.apps import AppConfig


class MdmConfig(AppConfig):
    """Wiring and cross-app pages; it owns no tables."""

    name = "mdm"
    verbose_name = "Assay"
