"""The two doors."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    """The two doors."""

    name = "sync"

    def ready(self) -> None:
        """Hear when the journal grows."""
        from canonical.golden import journal
        from sync.outbound import wake

        journal.written.connect(wake.on_journal, dispatch_uid="sync.outbound.wake")
