from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from apikeys.changes.errors import NonceUsed
from apikeys.changes.models import UsedNonce


def spend_nonce(nonce: str, *, subject_id: str, at: datetime) -> None:
    """Mark a form's one-time value as used, inside the transaction of its effect.

    Raises `NonceUsed` when it was used before. Of two posts at once the second
    waits here for the first. An empty nonce (commands) is none.
    """
    if not nonce:
        return
    try:
        with transaction.atomic():
            UsedNonce.objects.create(nonce=nonce, subject_id=subject_id, used_at=at)
    except IntegrityError:
        made = UsedNonce.objects.get(nonce=nonce).subject_id
        raise NonceUsed(made) from None
