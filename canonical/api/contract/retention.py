"""What the contract need not remember any longer."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils import timezone
from oauth2_provider.models import AccessToken

from canonical.models import IdempotentAnswer

#: An expired token opens nothing; for a day it still says who held it.
TOKENS_KEPT_FOR: Final = timedelta(days=1)


def run() -> int:
    """Drop answers past their seven days and tokens a day past their end; returns how many."""
    now = timezone.now()
    answers, _ = IdempotentAnswer.objects.filter(expires_at__lte=now).delete()
    tokens, _ = AccessToken.objects.filter(expires__lte=now - TOKENS_KEPT_FOR).delete()
    return answers + tokens
