"""What this process knows about keys, true while one number stands still.

A secret is verified against its digest once for each time that its row is read; from
then on this process knows it again by its mark (see `marks`).

Each entry is read together with the cache version of its moment; the cache version is read
*before* the row, so that a change between the two reads makes the entry stale
and never fresh by mistake. A moved cache version makes entries stale, not gone: the next
use of each reads that one row again.

How old the known cache version may be, and what serves while the database is away, is
said in `caching.version`.
"""

from __future__ import annotations

import hmac
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import DatabaseError, InterfaceError

from apikeys.access import credentials, refusals, tokens
from apikeys.access.client_ip import parse_network
from apikeys.access.key_types import covered_prefixes
from apikeys.access.paths import compile_pattern
from apikeys.access.refusals import Refusal
from apikeys.access.rules import Grant
from apikeys.caching import fingerprints
from apikeys.caching.version import CacheVersionReader, StateUnknown
from apikeys.choices import CacheName
from apikeys.keys.models import KeySecret
from apikeys.organization.roles import permissions_of

_COLUMNS = (
    "pk",
    "digest",
    "pepper",
    "expires_at",
    "last_used_at",
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


# Names and permissions that sets of roles hold together.
_HeldByRoles = dict[tuple[int, ...], tuple[tuple[str, ...], frozenset[str]]]


@dataclass(slots=True)
class Secret:
    """One secret of a key. `last_used_at` is what this process knows of it.

    `mark` is that of the token which has verified it here, empty before one has.
    """

    pk: int
    digest: str = field(repr=False)
    pepper: int
    expires_at: datetime | None
    last_used_at: datetime | None
    fingerprint: bytes = field(default=b"", repr=False)

    def is_live(self, at: datetime) -> bool:
        return self.expires_at is None or at < self.expires_at


class VerifiedKey(NamedTuple):
    """A key whose secret was verified, and which of its secrets it was."""

    grant: Grant
    secret: Secret
    secrets: tuple[Secret, ...]


# Compared with when there is no such key, so that both cases cost the same. No
# text has this digest.
_OF_NO_KEY = (
    VerifiedKey(Grant("", "", "", ()), Secret(0, "0" * 64, 0, None, None), ()),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A key as remembered, with the cache version at which that was true.

    `proofs` say for each of its secrets what whoever knows it has verified.
    """

    version: int
    grant: Grant
    proofs: tuple[VerifiedKey, ...]


class KeyCache:
    """Bounded memory of keys; the least recently used leave first. Thread-safe."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._watch = CacheVersionReader(CacheName.KEYS)
        self._roles: tuple[int, _HeldByRoles] = (-1, {})

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Forget everything, as a new process does."""
        with self._lock:
            self._entries.clear()
            self._roles = (-1, {})
        self._watch.clear()

    def verify(self, text: str, at: datetime) -> VerifiedKey | Refusal:
        """Return the key whose live secret this text ends with, or why there is none.

        What has the form of a token gets one and the same refusal.
        """
        key_id = text[: tokens.KEY_ID_LENGTH]
        # The check of a token is tested before any look-up, and where the key is
        # remembered it costs more than the look-up.
        if key_id not in self._entries and (refusal := _refused_form(text)):
            return refusal
        try:
            entry = self.entry(key_id)
        except StateUnknown:
            return _refused_form(text) or refusals.STATE_UNKNOWN
        return _recalled(entry, text, at) or _proved_anew(entry, text, at)

    def entry(self, key_id: str) -> Entry | None:
        """Return what is known of a key that is not deleted.

        Raises `StateUnknown` when the database is away and nothing may serve.
        """
        version = self._watch.current()
        entry = self._entries.get(key_id)
        if entry is not None and entry.version == version:
            try:  # noqa: SIM105 (suppress() takes longer than what it surrounds)
                self._entries.move_to_end(key_id)
            except KeyError:
                pass  # another thread has just dropped it
            return entry
        entry = self._load(key_id, version)
        if entry is not None:
            self._keep(key_id, entry)
        return entry

    def _keep(self, key_id: str, entry: Entry) -> None:
        with self._lock:
            self._entries[key_id] = entry
            self._entries.move_to_end(key_id)
            while len(self._entries) > settings.KEY_CACHE_SIZE:
                self._entries.popitem(last=False)

    def _load(self, key_id: str, version: int) -> Entry | None:
        self._watch.refuse_while_lost()
        try:
            return self._read(key_id, version)
        except (DatabaseError, InterfaceError) as error:
            self._watch.note_loss(error)
            raise StateUnknown from None

    def _read(self, key_id: str, version: int) -> Entry | None:
        rows = list(
            KeySecret.objects.filter(key__key_id=key_id, key__deleted_at=None)
            .order_by("pk")
            .values_list(*_COLUMNS)
        )
        if not rows:
            self._drop(key_id)
            return None
        secrets = {row[0]: Secret(*row[:5]) for row in rows}
        role_ids = tuple(sorted({row[-1] for row in rows if row[-1] is not None}))
        names, permissions = self._held_by(role_ids, version)
        grant = _grant(rows[0], names, permissions)
        every = tuple(secrets.values())
        return Entry(
            version, grant, tuple(VerifiedKey(grant, secret, every) for secret in every)
        )

    def _drop(self, key_id: str) -> None:
        with self._lock:
            self._entries.pop(key_id, None)

    def _held_by(
        self, role_ids: tuple[int, ...], version: int
    ) -> tuple[tuple[str, ...], frozenset[str]]:
        known_at, held = self._roles
        if known_at != version:
            held = {}
            self._roles = (version, held)
        # Only ever written to the memory of the cache version that was read before it.
        if role_ids not in held:
            roles = Group.objects.filter(pk__in=role_ids).order_by("name")
            held[role_ids] = (
                tuple(role.name for role in roles),
                permissions_of(roles),
            )
        return held[role_ids]


def _refused_form(text: str) -> Refusal | None:
    token = credentials.read(text)
    return token if isinstance(token, Refusal) else None


def _recalled(entry: Entry | None, text: str, at: datetime) -> VerifiedKey | None:
    """Return the secret that has verified itself since its row was read."""
    if entry is None:
        return None
    mark = fingerprints.fingerprint(text)
    for verified in entry.proofs:
        secret = verified.secret
        if hmac.compare_digest(mark, secret.fingerprint) and secret.is_live(at):
            return verified
    return None


def _proved_anew(entry: Entry | None, text: str, at: datetime) -> VerifiedKey | Refusal:
    token = credentials.read(text)
    if isinstance(token, Refusal):
        return token
    verified = _matching(entry.proofs if entry else _OF_NO_KEY, token, at)
    if verified is None:
        return refusals.CREDENTIALS_INVALID
    verified.secret.fingerprint = fingerprints.fingerprint(text)
    return verified


def _matching(
    proofs: tuple[VerifiedKey, ...], token: tokens.Token, at: datetime
) -> VerifiedKey | None:
    """Compare with every secret in constant time."""
    peppers: dict[int, str] = settings.API_KEY_PEPPERS
    found: VerifiedKey | None = None
    for verified in proofs:
        secret = verified.secret
        pepper = peppers.get(secret.pepper)
        digest = tokens.digest(token, pepper or "none")
        is_same = hmac.compare_digest(digest, secret.digest)
        if is_same and pepper is not None and secret.is_live(at):
            found = verified
    return found


def _grant(
    row: tuple[Any, ...], roles: tuple[str, ...], permissions: frozenset[str]
) -> Grant:
    values = dict(zip(_COLUMNS, row, strict=True))
    return Grant(
        key_id=values["key__key_id"],
        name=values["key__name"],
        key_type=values["key__key_type"],
        covered=covered_prefixes(
            values["key__key_type"], settings.KEY_TYPE_EXTRA_PATHS
        ),
        is_active=values["key__is_active"],
        expires_at=values["key__expires_at"],
        networks=tuple(map(parse_network, values["key__networks"])),
        endpoints=tuple(map(compile_pattern, values["key__endpoints"])),
        is_read_only=values["key__read_only"],
        roles=roles,
        permissions=permissions,
        location_id=values["key__location_id"],
        location=values["key__location__name"] or "",
        accepts_parameters=values["key__accepts_parameters"],
    )


# Each process has one.
key_cache = KeyCache()
