"""The front porch: wiring, and the pages that look across rooms."""

from mdm.celery import app as celery_app

__all__ = ["celery_app"]
