"""What this process knows about keys: how a key is read, and the cache of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import Group

from apikeys.access.client_ip import parse_network
from apikeys.access.key_types import covered_prefixes
from apikeys.access.paths import compile_pattern
from apikeys.access.rules import Grant
from apikeys.app_settings import app_settings
from apikeys.caching.last_use import SILENCE
from apikeys.caching.version_cache import VersionCache
from apikeys.choices import CacheName
from apikeys.keys.models import KeySecret
from apikeys.organization.roles import permissions_of

# One row for each pair of a secret and a role.
_COLUMNS = (
    "pk",
    "digest",
    "pepper",
    "expires_at",
    "last_used_at",
    "key_id",
    "key__key_id",
    "key__name",
    "key__key_type",
    "key__is_active",
    "key__expires_at",
    "key__networks",
    "key__endpoints",
    "key__read_only",
    "key__accepts_parameters",
    "key__location_id",
    "key__location__name",
    "key__key_roles__role_id",
)

# A person reads from the last use of the old token whether it can end.
_SILENCE_IN_ROTATION = timedelta(seconds=5)


@dataclass(slots=True)
class Secret:
    """One secret of a key. `last_used_at` is what this process knows of it.

    `owner` is the number of the key, `silence` how long a use may wait to be written.
    `fingerprint` is that of the token which was verified here, empty before one was.
    """

    pk: int
    digest: str = field(repr=False)
    pepper: int
    expires_at: datetime | None
    last_used_at: datetime | None
    owner: int
    silence: timedelta = SILENCE
    fingerprint: bytes = field(default=b"", repr=False)

    def is_live(self, at: datetime) -> bool:
        return self.expires_at is None or at < self.expires_at


class CachedKey(NamedTuple):
    """A key that is not deleted: what it may do, and its secrets, the oldest first."""

    grant: Grant
    secrets: tuple[Secret, ...]


class _HeldByRoles(NamedTuple):
    """What the roles of a key hold together."""

    names: tuple[str, ...]
    permissions: frozenset[str]


class KeyCache(VersionCache[str, CachedKey]):
    """Keys by their ID."""

    def __init__(self) -> None:
        super().__init__(CacheName.KEYS)
        self._roles = _RoleMemory(-1)

    def clear(self) -> None:
        super().clear()
        self._roles = _RoleMemory(-1)

    def load(self, key: str, version: int) -> CachedKey | None:
        rows: list[dict[str, Any]] = list(
            KeySecret.objects.filter(key__key_id=key, key__deleted_at=None)
            .order_by("pk")
            .values(*_COLUMNS)
        )
        if not rows:
            return None
        role_ids = {row["key__key_roles__role_id"] for row in rows} - {None}
        held = self._roles_at(version).held_by(tuple(sorted(role_ids)))
        secrets = {row["pk"]: _secret(row) for row in rows}
        return CachedKey(_grant(rows[0], held), tuple(secrets.values()))

    def _roles_at(self, version: int) -> _RoleMemory:
        memory = self._roles
        if memory.version != version:
            memory = self._roles = _RoleMemory(version)
        return memory


class _RoleMemory:
    """What sets of roles hold, read after this version: many keys have the same set."""

    def __init__(self, version: int) -> None:
        self.version = version
        self._held: dict[tuple[int, ...], _HeldByRoles] = {}

    def held_by(self, role_ids: tuple[int, ...]) -> _HeldByRoles:
        if role_ids not in self._held:
            roles = Group.objects.filter(pk__in=role_ids).order_by("name")
            names = tuple(role.name for role in roles)
            self._held[role_ids] = _HeldByRoles(names, permissions_of(roles))
        return self._held[role_ids]


def _secret(row: dict[str, Any]) -> Secret:
    return Secret(
        pk=row["pk"],
        digest=row["digest"],
        pepper=row["pepper"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        owner=row["key_id"],
        silence=SILENCE if row["expires_at"] is None else _SILENCE_IN_ROTATION,
    )


def _grant(row: dict[str, Any], held: _HeldByRoles) -> Grant:
    key_type = row["key__key_type"]
    return Grant(
        key_id=row["key__key_id"],
        name=row["key__name"],
        key_type=key_type,
        covered=covered_prefixes(key_type, app_settings.KEY_TYPE_EXTRA_PATHS),
        is_active=row["key__is_active"],
        expires_at=row["key__expires_at"],
        networks=tuple(map(parse_network, row["key__networks"])),
        endpoints=tuple(map(compile_pattern, row["key__endpoints"])),
        is_read_only=row["key__read_only"],
        roles=held.names,
        permissions=held.permissions,
        location_id=row["key__location_id"],
        location=row["key__location__name"] or "",
        accepts_parameters=row["key__accepts_parameters"],
    )


# Each process has one.
key_cache = KeyCache()
