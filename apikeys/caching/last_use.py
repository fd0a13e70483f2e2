"""When and from where each secret was last used, without a write per call.

A use after an hour of silence is written at once, so that a forgotten key shows
up as used; others are collected and written by a timer, at most once an interval
per secret, and at a graceful stop. The write is an `UPDATE` of two columns that
never moves a time backwards: it cannot bring back what somebody else changed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing.util import Finalize
from typing import Any, Protocol

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction

from apikeys.access.client_ip import Address
from apikeys.caching.db_connections import drop_broken_connection, release_connection

logger = logging.getLogger(__name__)

SILENCE = timedelta(hours=1)
_BATCH = 500
Uses = dict[int, tuple[datetime, Address | None]]


class Used(Protocol):
    """A row as remembered. `last_used_at` is what this process knows of it."""

    pk: int
    last_used_at: datetime | None


class LastUse:
    """Collects uses in memory and writes them in batches. Thread-safe."""

    def __init__(self, write: Callable[[Uses], None]) -> None:
        self._write = write
        self._pending: Uses = {}
        self._lock = threading.Lock()
        self._timer: threading.Thread | None = None
        self._wake = threading.Event()

    def record_use(self, secret: Used, address: Address | None, at: datetime) -> None:
        """Take down one use of a secret that has just passed every check."""
        before = secret.last_used_at
        if before is None or at - before > SILENCE:
            secret.last_used_at = at
            self._write_or_keep({secret.pk: (at, address)})
            return
        if at > before:  # two threads may come here in the other order
            secret.last_used_at = at
        with self._lock:
            self._pending[secret.pk] = (at, address)
        if self._timer is None:
            self._start_timer()

    def flush(self) -> None:
        """Write all that is collected; what cannot be written is kept for later."""
        with self._lock:
            uses, self._pending = self._pending, {}
        # In the order of keys, so that two processes do not wait for each other.
        rows = sorted(uses.items())
        for start in range(0, len(rows), _BATCH):
            self._write_or_keep(dict(rows[start : start + _BATCH]))

    def _write_or_keep(self, uses: Uses) -> None:
        try:
            with transaction.atomic():
                self._write(uses)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Last use is not written now (%s).", type(error).__name__)
            drop_broken_connection()
            with self._lock:
                self._pending = uses | self._pending

    def _start_timer(self) -> None:
        with self._lock:
            if self._timer is not None or not settings.LAST_USE_FLUSH_SECONDS:
                return
            self._timer = threading.Thread(
                target=self._run, name="last-use", daemon=True
            )
        self._timer.start()
        # Runs when a worker process ends in order, where atexit does not.
        Finalize(None, self.flush, exitpriority=10)

    def _run(self) -> None:
        while not self._wake.wait(settings.LAST_USE_FLUSH_SECONDS):
            try:
                self.flush()
            except Exception:
                logger.exception("The timer of last uses failed and goes on.")
            finally:
                release_connection()


def columns(uses: Uses) -> list[tuple[int, Any, Address | None]]:
    as_column = connection.ops.adapt_datetimefield_value
    return [(pk, as_column(at), address) for pk, (at, address) in uses.items()]


def write_rows(statement: str, rows: list[tuple[Any, ...]]) -> None:
    # Not the ORM: it would wait for the answer to each row, thousands of times a
    # minute where many keys are in use. The driver sends these in one go.
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
