"""The epoch of one kind of credential, as this process knows it.

The database is asked for it at most every `KEYRING_MAX_STALE_SECONDS`. While it
does not answer, the last answer serves for `KEYRING_OUTAGE_SECONDS`; the database
is probed once a second, by one thread.
"""

from __future__ import annotations

import logging
import threading
import time

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from apikeys.caching.db_connections import drop_broken_connection
from apikeys.caching.models import Epoch
from apikeys.choices import EpochName

logger = logging.getLogger(__name__)

_PROBE_SECONDS = 1.0


class StateUnknown(Exception):
    """The database does not answer and nothing that is remembered may serve."""


class EpochWatch:
    """Knows one epoch. Thread-safe."""

    def __init__(self, name: EpochName) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._epoch = -1
        self._read_at = float("-inf")
        self._fresh_until = float("-inf")
        self._probe_at = float("-inf")
        self._asked_again = 0

    def look_again(self) -> None:
        """Read the epoch at the next use, whatever its age."""
        with self._lock:
            self._asked_again += 1
            self._fresh_until = float("-inf")

    def forget(self) -> None:
        """Forget everything, as a new process does."""
        with self._lock:
            self._epoch = -1
            self._read_at = self._fresh_until = self._probe_at = float("-inf")

    def current(self) -> int:
        """Return the epoch. Raises `StateUnknown` after too long an outage."""
        now = time.monotonic()
        if now < self._fresh_until:
            return self._epoch
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
        if asked_at < self._fresh_until:
            return self._epoch  # another thread has just read it
        asked_again = self._asked_again
        try:
            self._epoch = Epoch.objects.current(self._name)
        except (DatabaseError, InterfaceError) as error:
            self.note_loss(error)
            return self._remembered(asked_at)
        self._probe_at = float("-inf")
        with self._lock:
            self._read_at = asked_at
            # A commit during the read makes its answer old already.
            if asked_again == self._asked_again:
                self._fresh_until = asked_at + settings.KEYRING_MAX_STALE_SECONDS
        return self._epoch

    def _remembered(self, now: float) -> int:
        if now - self._read_at > settings.KEYRING_OUTAGE_SECONDS:
            raise StateUnknown
        return self._epoch
