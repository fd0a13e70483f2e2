"""What this process knows about plugin tokens.

Their cache version is their own, so that a change of keys leaves them fresh and the other
way round. A token is looked up by its digest: its text names no row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from apikeys.access import tokens
from apikeys.app_settings import app_settings
from apikeys.caching.last_use import SILENCE
from apikeys.caching.version_cache import VersionCache
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
_Digests = tuple[str, ...]


@dataclass(slots=True)
class KnownToken:
    """A plugin token as remembered. `last_used_at` is what this process knows of it."""

    pk: int
    public_id: UUID
    name: str
    location_id: int | None
    domains: tuple[Domain, ...]
    may_manage_tokens: bool
    last_used_at: datetime | None
    owner: ClassVar[int] = 0
    silence: ClassVar[timedelta] = SILENCE


class PluginTokenCache(VersionCache[_Digests, KnownToken]):
    """Plugin tokens by their digest under each pepper."""

    def __init__(self) -> None:
        super().__init__(CacheName.PLUGIN_TOKENS)

    def find(self, text: str) -> KnownToken | None:
        """Return the plugin token of this text, or None.

        Raises `StateUnknown` when the database is away and nothing may serve.
        """
        digests = _digests(text)
        return self.get(digests) if digests else None

    def load(self, key: _Digests, version: int) -> KnownToken | None:
        rows = PluginToken.objects.filter(digest__in=key).values(*_COLUMNS)
        row: dict[str, Any] | None = rows.first()
        if row is None:
            return None
        domains = tuple(map(parse_domain, row["domains"]))
        return KnownToken(**{**row, "domains": domains})


def _digests(text: str) -> _Digests:
    """Return the token's digest under each pepper, the newest first."""
    try:
        token = tokens.parse(text, tokens.PLUGIN_TOKEN_PREFIX)
    except tokens.MalformedToken:
        return ()
    peppers = sorted(app_settings.API_KEY_PEPPERS.items(), reverse=True)
    return tuple(tokens.digest(token, pepper) for _, pepper in peppers)


# Each process has one.
plugin_token_cache = PluginTokenCache()
