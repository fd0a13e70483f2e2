"""The cache version of one kind of credential, as this process knows it.

The database is asked for it at most every `KEY_CACHE_MAX_STALE_SECONDS`. While it
does not answer, the last answer serves for `KEY_CACHE_OUTAGE_SECONDS`.
"""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

from apikeys.app_settings import app_settings
from apikeys.caching.models import CacheVersion, moved_here
from apikeys.caching.reader import StateUnknown
from apikeys.choices import CacheName


class _Known(NamedTuple):
    """One answer: replaced as a whole, so that no thread sees half of two."""

    version: int = -1
    asked_at: float = float("-inf")
    fresh_until: float = float("-inf")
    moves_seen: int = -1


class CacheVersionReader:
    """Knows one version. Thread-safe."""

    def __init__(self, name: CacheName) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._known = _Known()

    def clear(self) -> None:
        """Forget the version, as a new process does."""
        self._known = _Known()

    def fresh(self) -> int | None:
        """Return the version, or None where the database must be asked. Never waits."""
        known = self._known
        if (
            time.monotonic() < known.fresh_until
            and known.moves_seen == moved_here[self._name]
        ):
            return known.version
        return None

    def current(self) -> int:
        """Return the version, read from the database unless it is fresh."""
        version = self.fresh()
        return self._read() if version is None else version

    def remembered(self) -> int:
        """Return the last version known. Raises `StateUnknown` after too long an outage."""
        known = self._known
        outage = time.monotonic() - known.asked_at
        if outage > app_settings.KEY_CACHE_OUTAGE_SECONDS:
            raise StateUnknown
        return known.version

    def _read(self) -> int:
        asked_at = time.monotonic()
        # Counted before the read: a commit during it makes its answer old already.
        moves = moved_here[self._name]
        version = CacheVersion.objects.current(self._name)
        fresh_until = asked_at + app_settings.KEY_CACHE_MAX_STALE_SECONDS
        with self._lock:
            # A thread that was stuck may come with its answer after a later one.
            if asked_at >= self._known.asked_at:
                self._known = _Known(version, asked_at, fresh_until, moves)
        return version
