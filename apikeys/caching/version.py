"""The cache version of one kind of credential, as this process knows it.

The database is asked for it at most every `KEY_CACHE_MAX_STALE_SECONDS`. While it
does not answer, the last answer serves for `KEY_CACHE_OUTAGE_SECONDS`; the database
is probed once a second, by one thread.
"""

from __future__ import annotations

import logging
import threading
import time

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from apikeys.caching.db_connections import drop_broken_connection
from apikeys.caching.models import CacheVersion, moved_here
from apikeys.choices import CacheName

logger = logging.getLogger(__name__)

_PROBE_SECONDS = 1.0


class StateUnknown(Exception):
    """The database does not answer and nothing that is remembered may serve."""


class CacheVersionReader:
    """Knows one version. Thread-safe."""

    def __init__(self, name: CacheName) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._version = -1
        self._read_at = float("-inf")
        self._fresh_until = float("-inf")
        self._probe_at = float("-inf")
        self._moves_seen = -1

    def clear(self) -> None:
        """Forget everything, as a new process does."""
        with self._lock:
            self._version = -1
            self._read_at = self._fresh_until = self._probe_at = float("-inf")

    def current(self) -> int:
        """Return the version. Raises `StateUnknown` after too long an outage."""
        now = time.monotonic()
        if now < self._fresh_until and self._moves_seen == moved_here[self._name]:
            return self._version
        if now < self._probe_at or not self._reading.acquire(
            blocking=not self._is_lost()
        ):
            return self._remembered(now)
        try:
            return self._read()
        finally:
            self._reading.release()

    def refuse_while_lost(self) -> None:
        """Raise `StateUnknown` where a query would only wait for a lost database."""
        if time.monotonic() < self._probe_at:
            raise StateUnknown

    def note_loss(self, error: Exception) -> None:
        """Take down that the database did not answer just now."""
        # The class alone: a driver's text may quote values.
        logger.warning("The database does not answer (%s).", type(error).__name__)
        self._probe_at = time.monotonic() + _PROBE_SECONDS
        drop_broken_connection()

    def _is_lost(self) -> bool:
        return self._probe_at > float("-inf")

    def _read(self) -> int:
        asked_at = time.monotonic()
        moves = moved_here[self._name]
        if asked_at < self._fresh_until and self._moves_seen == moves:
            return self._version  # another thread has just read it
        try:
            self._version = CacheVersion.objects.current(self._name)
        except (DatabaseError, InterfaceError) as error:
            self.note_loss(error)
            return self._remembered(asked_at)
        self._probe_at = float("-inf")
        with self._lock:
            self._read_at = asked_at
            # Counted before the read: a commit during it makes its answer old already.
            self._moves_seen = moves
            self._fresh_until = asked_at + settings.KEY_CACHE_MAX_STALE_SECONDS
        return self._version

    def _remembered(self, now: float) -> int:
        if now - self._read_at > settings.KEY_CACHE_OUTAGE_SECONDS:
            raise StateUnknown
        return self._version
