"""What this process knows about plugin tokens, as `keys.cache` does about keys.

The cache version is their own, so that a change of keys leaves them fresh and the other
way round. A token is looked up by its digest: its text names no row.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from apikeys.access import tokens
from apikeys.caching.version import CacheVersionReader, StateUnknown
from apikeys.choices import CacheName
from apikeys.plugin_tokens.domains import Domain, parse_domain
from apikeys.plugin_tokens.models import PluginToken

_COLUMNS = (
    "pk",
    "public_id",
    "name",
    "location_id",
    "domains",
    "may_manage_tokens",
    "last_used_at",
)


@dataclass(slots=True)
class KnownToken:
    """A plugin token as remembered, with the cache version at which that was true."""

    version: int
    pk: int
    public_id: UUID
    name: str
    location_id: int | None
    domains: tuple[Domain, ...]
    may_manage_tokens: bool
    last_used_at: datetime | None


class PluginTokenCache:
    """Bounded memory of tokens; the least recently used leave first. Thread-safe."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, KnownToken] = OrderedDict()
        self._lock = threading.Lock()
        self._watch = CacheVersionReader(CacheName.PLUGIN_TOKENS)

    def __len__(self) -> int:
        return len(self._known)

    def clear(self) -> None:
        """Forget everything, as a new process does."""
        with self._lock:
            self._known.clear()
        self._watch.clear()

    def find(self, text: str) -> KnownToken | None:
        """Return the plugin token of this text, or None.

        Raises `StateUnknown` when the database is away and nothing may serve.
        """
        digests = _digests(text)
        if not digests:
            return None
        version = self._watch.current()
        token = self._known.get(digests[0])
        if token is None or token.version != version:
            token = self._load(digests, version)
        self._keep(digests[0], token)
        return token

    def _load(self, digests: list[str], version: int) -> KnownToken | None:
        self._watch.refuse_while_lost()
        rows = PluginToken.objects.filter(digest__in=digests).values_list(*_COLUMNS)
        try:
            row = rows.first()
        except (DatabaseError, InterfaceError) as error:
            self._watch.note_loss(error)
            raise StateUnknown from None
        if row is None:
            return None
        pk, public_id, name, location_id, domains, may_manage, last_used_at = row
        return KnownToken(
            version=version,
            pk=pk,
            public_id=public_id,
            name=name,
            location_id=location_id,
            domains=tuple(map(parse_domain, domains)),
            may_manage_tokens=may_manage,
            last_used_at=last_used_at,
        )

    def _keep(self, digest: str, token: KnownToken | None) -> None:
        with self._lock:
            if token is None:
                self._known.pop(digest, None)
                return
            self._known[digest] = token
            self._known.move_to_end(digest)
            while len(self._known) > settings.KEY_CACHE_SIZE:
                self._known.popitem(last=False)


def _digests(text: str) -> list[str]:
    """Return the token's digest under each pepper, the newest first."""
    try:
        token = tokens.parse(text, tokens.PLUGIN_TOKEN_PREFIX)
    except tokens.MalformedToken:
        return []
    peppers = sorted(settings.API_KEY_PEPPERS.items(), reverse=True)
    return [tokens.digest(token, pepper) for _, pepper in peppers]


# Each process has one.
plugin_token_cache = PluginTokenCache()
