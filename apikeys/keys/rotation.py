"""A second secret under the same key ID, so that clients change over without a gap."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apikeys.access import tokens
from apikeys.changes.actors import Actor
from apikeys.changes.errors import InvalidFields, ServiceRefusal
from apikeys.changes.nonces import spend_nonce
from apikeys.choices import AuditAction
from apikeys.keys.models import ApiKey, KeySecret
from apikeys.keys.services import (
    IssuedKey,
    add_secret,
    lock_key,
    refuse_escalation,
    refuse_other_version,
    save_change,
)

MAX_OVERLAP = timedelta(days=7)


class KeyNotUsable(ServiceRefusal):
    """Rotation never brings an inactive or expired key back to life."""

    def __init__(self) -> None:
        super().__init__("An inactive or expired key cannot be rotated.")


class RotationUnderWay(ServiceRefusal):
    """The key has two secrets already."""

    def __init__(self) -> None:
        super().__init__(
            "A rotation is under way. End it or cancel it before the next one."
        )


class NoRotation(ServiceRefusal):
    """The key has one secret only."""

    def __init__(self) -> None:
        super().__init__("No rotation is under way.")


@transaction.atomic
def rotate_key(
    key_id: str,
    *,
    overlap: timedelta,
    actor: Actor,
    at: datetime,
    nonce: str = "",
    expected_version: int | None = None,
) -> IssuedKey:
    """Give the key a second secret; the first lives on for the overlap (0 to 7 days).

    The overlap never reaches past the key's expiry. Of two people who rotate from
    forms of one version, the second gets `ChangedMeanwhile`.
    """
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        raise InvalidFields({"overlap": "The overlap is between 0 and 7 days."})
    token = tokens.with_new_secret(key_id)
    key = lock_key(key_id)
    spend_nonce(nonce, subject_id=key_id, at=at)
    refuse_other_version(key, expected_version)
    if not key.is_usable(at):
        raise KeyNotUsable
    if _older_secret(key, at) is not None:
        raise RotationUnderWay
    refuse_escalation(actor, key.roles.all())
    ends_at = _retire_present_secret(key, overlap=overlap, at=at)
    add_secret(key, token, at=at)
    changes = {"overlap_ends_at": (None, ends_at.isoformat())}
    save_change(key, AuditAction.KEY_ROTATED, actor=actor, at=at, changes=changes)
    return IssuedKey(key, token)


@transaction.atomic
def cancel_rotation(
    key_id: str, *, actor: Actor, at: datetime, expected_version: int | None = None
) -> ApiKey:
    """Drop the new secret and keep the old one. Raises `ChangedMeanwhile`."""
    key = lock_key(key_id)
    refuse_other_version(key, expected_version)
    older = _older_secret(key, at)
    if older is None:
        raise NoRotation
    key.secrets.exclude(pk=older.pk).delete()
    older.expires_at = None
    older.save(update_fields=["expires_at"])
    save_change(key, AuditAction.ROTATION_CANCELLED, actor=actor, at=at)
    return key


@transaction.atomic
def end_rotation(
    key_id: str, *, actor: Actor, at: datetime, expected_version: int | None = None
) -> ApiKey:
    """Drop the old secret now and keep the new one. Raises `ChangedMeanwhile`."""
    key = lock_key(key_id)
    refuse_other_version(key, expected_version)
    older = _older_secret(key, at)
    if older is None:
        raise NoRotation
    older.delete()
    save_change(key, AuditAction.ROTATION_ENDED, actor=actor, at=at)
    return key


def _older_secret(key: ApiKey, at: datetime) -> KeySecret | None:
    return key.secrets.filter(expires_at__gt=at).first()


def _retire_present_secret(
    key: ApiKey, *, overlap: timedelta, at: datetime
) -> datetime:
    key.secrets.exclude(expires_at=None).delete()
    if not overlap:
        key.secrets.all().delete()
        return at
    ends_at = min(
        at + overlap, key.expires_at or datetime.max.replace(tzinfo=at.tzinfo)
    )
    key.secrets.update(expires_at=ends_at)
    return ends_at
