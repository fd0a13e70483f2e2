from __future__ import annotations

from django.db import models
from django.utils import timezone


class UsedNonce(models.Model):
    """A form's one-time value that has made something; a second post finds it here."""

    nonce = models.CharField(max_length=64, primary_key=True)
    subject_id = models.CharField(max_length=40)
    used_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"nonce of {self.subject_id}"
