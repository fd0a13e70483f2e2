"""The life of a key: each function is one transaction with its audit entry.

Screens, commands and endpoints call these and nothing else. Locks are taken in
one order: credential row, version, audit. `at` is an aware datetime. A function
raises a `ServiceRefusal`, and then nothing has changed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from apikeys.access import tokens
from apikeys.access.key_types import KEY_TYPES, Need
from apikeys.audit.services import Changes, record
from apikeys.caching.models import CacheVersion
from apikeys.changes.actors import Actor
from apikeys.changes.errors import (
    ChangedMeanwhile,
    InvalidFields,
    PrivilegeEscalation,
    ServiceRefusal,
    UnknownSubject,
)
from apikeys.changes.models import UsedNonce
from apikeys.changes.names import refuse_taken_name
from apikeys.changes.nonces import spend_nonce
from apikeys.choices import AuditAction, CacheName
from apikeys.keys.models import ApiKey, ApiKeyQuerySet, KeyRole, KeySecret
from apikeys.keys.values import (
    NAME_TAKEN,
    KeySettings,
    refuse_expiry,
    refuse_misfits,
)
from apikeys.organization.models import Location
from apikeys.organization.roles import permissions_of

_PASSWORD_BYTES = 18


class UnknownKey(UnknownSubject):
    """There is no key with this ID, or it is deleted."""

    def __init__(self) -> None:
        super().__init__("There is no key with this ID, or it is deleted.")


class AlreadySo(ServiceRefusal):
    """The key is in the wanted state already."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key with its secrets in plain text, for one response and nothing else."""

    key: ApiKey
    token: tokens.Token
    password: str = ""

    def __repr__(self) -> str:
        return f"<IssuedKey {self.key.key_id}>"


@transaction.atomic
def issue_key(
    *,
    key_type: str,
    fields: KeySettings,
    roles: Iterable[Group],
    expires_at: datetime | None,
    actor: Actor,
    at: datetime,
    location: Location | None = None,
    password: str = "",
    nonce: str = "",
) -> IssuedKey:
    """Create a key. A type that needs a password gets a random one unless one is given."""
    # Locked, so that none of them is deleted before this commits.
    chosen = Group.objects.filter(pk__in=[role.pk for role in roles])
    roles = list(chosen.select_for_update().order_by("pk"))
    token = tokens.generate()
    refuse_misfits(key_type, fields, roles=roles, password=password)
    refuse_expiry(expires_at, at)
    refuse_escalation(actor, roles)
    spend_nonce(nonce, subject_id=token.public_id, at=at)
    refuse_taken_name(_present(key_type), fields.name, NAME_TAKEN)
    if KEY_TYPES[key_type].fields["password"] is Need.REQUIRED:
        password = password or secrets.token_urlsafe(_PASSWORD_BYTES)
    key = ApiKey(
        key_id=token.public_id,
        key_type=key_type,
        location=location,
        expires_at=expires_at,
        created_at=at,
        created_by=actor.name,
        password=make_password(password) if password else "",
    )
    _apply(key, fields)
    _save(key)
    KeyRole.objects.fix(key, roles)
    add_secret(key, token, at=at)
    _record_change(
        key, AuditAction.KEY_CREATED, actor=actor, at=at, changes=_initial(key, roles)
    )
    return IssuedKey(key, token, password)


@transaction.atomic
def update_key(
    key_id: str,
    *,
    fields: KeySettings,
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> ApiKey:
    """Change the editable fields. Raises `ChangedMeanwhile` on another version."""
    key = lock_key(key_id)
    refuse_other_version(key, expected_version)
    before = asdict(KeySettings.of(key))
    changes = {
        name: (before[name], value)
        for name, value in asdict(fields).items()
        if before[name] != value
    }
    if not changes:
        return key
    refuse_misfits(key.key_type, fields, roles=key.roles.all())
    if "name" in changes:
        others = _present(key.key_type).exclude(pk=key.pk)
        refuse_taken_name(others, fields.name, NAME_TAKEN)
    _apply(key, fields)
    save_change(key, AuditAction.KEY_CHANGED, actor=actor, at=at, changes=changes)
    return key


@transaction.atomic
def set_password(
    key_id: str, *, actor: Actor, at: datetime, password: str = "", nonce: str = ""
) -> str:
    """Replace the application password and return it; empty: a random one is made."""
    key = lock_key(key_id)
    if key.type.fields["password"] is Need.HIDDEN:
        raise InvalidFields({"password": "Keys of this type have no password."})
    refuse_escalation(actor, key.roles.all())
    spend_nonce(nonce, subject_id=key_id, at=at)
    password = password or secrets.token_urlsafe(_PASSWORD_BYTES)
    key.password = make_password(password)
    changes = {"password": ("set", "set anew")}
    save_change(key, AuditAction.KEY_CHANGED, actor=actor, at=at, changes=changes)
    return password


@transaction.atomic
def deactivate_key(key_id: str, *, actor: Actor, at: datetime) -> ApiKey:
    """Refuse the key's calls until it is activated again."""
    return _switch(key_id, to=False, actor=actor, at=at)


@transaction.atomic
def activate_key(key_id: str, *, actor: Actor, at: datetime) -> ApiKey:
    """Let an inactive key's calls pass again. An expired one stays expired."""
    return _switch(key_id, to=True, actor=actor, at=at)


@transaction.atomic
def delete_key(key_id: str, *, actor: Actor, at: datetime) -> ApiKey:
    """Revoke a key for good: its digests go, its row stays as a tombstone."""
    key = lock_key(key_id)
    key.deleted_at = at
    key.is_active = False
    key.password = ""
    key.secrets.all().delete()
    save_change(key, AuditAction.KEY_DELETED, actor=actor, at=at)
    return key


@transaction.atomic
def purge_deleted_keys(
    *, deleted_before: datetime, actor: Actor, at: datetime
) -> list[str]:
    """Remove tombstones for good and return their key IDs. Audit entries stay.

    Nonces as old go with them: no form lives that long.
    """
    doomed = ApiKey.objects.deleted_before(deleted_before).order_by("pk")
    named = list(doomed.select_for_update().values_list("pk", "key_id", "name"))
    ApiKey.objects.filter(pk__in=[pk for pk, _, _ in named]).purge()
    UsedNonce.objects.filter(used_at__lt=deleted_before).delete()
    for _, key_id, name in named:
        record(
            actor=actor,
            action=AuditAction.KEY_PURGED,
            subject_id=key_id,
            subject_name=name,
            at=at,
        )
    return [key_id for _, key_id, _ in named]


def lock_key(key_id: str) -> ApiKey:
    """Return the key with its row locked. Raises `UnknownKey` (deleted ones too)."""
    keys = ApiKey.objects.select_for_update().present()
    # What is no ID may hold characters that a database refuses with an error.
    key = keys.filter(key_id=key_id).first() if tokens.is_public_id(key_id) else None
    if key is None:
        raise UnknownKey
    return key


def refuse_other_version(key: ApiKey, expected: int | None) -> None:
    """Raise `ChangedMeanwhile` unless a locked key is as the form showed it."""
    if expected is not None and key.version != expected:
        raise ChangedMeanwhile(key.version)


def add_secret(key: ApiKey, token: tokens.Token, *, at: datetime) -> KeySecret:
    """Store a token's digest under the newest pepper."""
    number, pepper = tokens.signing_pepper(settings.API_KEY_PEPPERS)
    return KeySecret.objects.create(
        key=key, digest=tokens.digest(token, pepper), pepper=number, created_at=at
    )


def refuse_escalation(actor: Actor, roles: Iterable[Group]) -> None:
    """Raise `PrivilegeEscalation` unless the actor holds all that the roles hold.

    Asked wherever a secret comes into the actor's hands, rotation included.
    """
    lacking = actor.lacking(permissions_of(roles))
    if lacking:
        raise PrivilegeEscalation(lacking)


def save_change(
    key: ApiKey,
    action: AuditAction,
    *,
    actor: Actor,
    at: datetime,
    changes: Changes | None = None,
) -> None:
    """Save a locked key as its next version, with its cache version move and audit entry."""
    key.version += 1
    _save(key)
    _record_change(key, action, actor=actor, at=at, changes=changes)


def _present(key_type: str) -> ApiKeyQuerySet:
    return ApiKey.objects.present().filter(key_type=key_type)


def _save(key: ApiKey) -> None:
    try:
        with transaction.atomic():
            key.save()
    except IntegrityError:
        # Somebody took the name after it was looked up.
        raise InvalidFields({"name": NAME_TAKEN}) from None


def _record_change(
    key: ApiKey,
    action: AuditAction,
    *,
    actor: Actor,
    at: datetime,
    changes: Changes | None,
) -> None:
    CacheVersion.objects.move(CacheName.KEYS)
    record(
        actor=actor,
        action=action,
        subject_id=key.key_id,
        subject_name=key.name,
        at=at,
        changes=changes,
    )


def _switch(key_id: str, *, to: bool, actor: Actor, at: datetime) -> ApiKey:
    key = lock_key(key_id)
    if key.is_active is to:
        raise AlreadySo(f"The key is already {'active' if to else 'inactive'}.")
    key.is_active = to
    action = AuditAction.KEY_ACTIVATED if to else AuditAction.KEY_DEACTIVATED
    save_change(key, action, actor=actor, at=at)
    return key


def _apply(key: ApiKey, fields: KeySettings) -> None:
    for name, value in asdict(fields).items():
        setattr(key, name, list(value) if isinstance(value, tuple) else value)


def _initial(key: ApiKey, roles: Iterable[Group]) -> Changes:
    values: Mapping[str, Any] = {
        "type": key.key_type,
        **asdict(KeySettings.of(key)),
        "roles": sorted(role.name for role in roles),
        "location": key.location.name if key.location else "",
        "expires_at": key.expires_at.isoformat() if key.expires_at else "",
        "password": "set" if key.password else "",
    }
    return {name: (None, value) for name, value in values.items() if value}
