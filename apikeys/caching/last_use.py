"""When and from where each secret was last used, without a write per call.

A use after an hour of silence is written at once, so that a forgotten key shows
up as used; others are collected and written at most once an interval per secret, and at
a graceful stop. A thread of its own writes, so that no call waits for the database. The
write is an `UPDATE` of two columns that never moves a time backwards: it cannot bring
back what somebody else changed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing.util import Finalize
from typing import Any, Protocol

from django.db import DatabaseError, InterfaceError, connection, transaction

from apikeys.access.client_ip import Address
from apikeys.app_settings import app_settings
from apikeys.caching.db_connections import drop_broken_connection, release_connection
from apikeys.caching.deadlines import answers_within

logger = logging.getLogger(__name__)

SILENCE = timedelta(hours=1)
_BATCH = 500
# How soon a failed write is tried again where every use is written at once.
_RETRY_SECONDS = 1.0
Uses = dict[int, tuple[datetime, Address | None]]


class Used(Protocol):
    """A row as remembered. `last_used_at` is what this process knows of it."""

    pk: int
    last_used_at: datetime | None


class LastUse:
    """Collects uses in memory and writes them in batches. Thread-safe."""

    def __init__(self, write: Callable[[Uses], None]) -> None:
        self._write = write
        self._due: Uses = {}
        self._pending: Uses = {}
        self._lock = threading.Lock()
        self._timer: threading.Thread | None = None
        self._wake = threading.Event()
        self._is_stopped = False

    def record_use(self, secret: Used, address: Address | None, at: datetime) -> None:
        """Take down one use of a secret that has just passed every check."""
        before = secret.last_used_at
        is_due = (
            before is None
            or at - before > SILENCE
            or not app_settings.LAST_USE_FLUSH_SECONDS
        )
        if before is None or at > before:  # two threads may come in the other order
            secret.last_used_at = at
        with self._lock:
            is_first = not (self._due or self._pending)
            (self._due if is_due else self._pending)[secret.pk] = (at, address)
        if is_due or is_first:
            self._see_to_it(is_due=is_due)

    def flush(self) -> None:
        """Write all that is collected; what cannot be written is kept for later."""
        with self._lock:
            uses = self._due | self._pending
            self._due, self._pending = {}, {}
        self._write_or_keep(uses)

    def stop(self) -> None:
        """End the timer and write what is collected, in a bounded time."""
        self._is_stopped = True
        self._wake.set()
        with answers_within(app_settings.DATABASE_TIMEOUT_SECONDS):
            self.flush()

    def _write_due(self) -> None:
        with self._lock:
            uses, self._due = self._due, {}
        self._write_or_keep(uses)

    def _write_or_keep(self, uses: Uses) -> None:
        # In the order of keys, so that two processes do not wait for each other.
        rows = sorted(uses.items())
        try:
            for start in range(0, len(rows), _BATCH):
                with transaction.atomic():
                    self._write(dict(rows[start : start + _BATCH]))
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Last use is not written now (%s).", type(error).__name__)
            drop_broken_connection()
            with self._lock:
                # The first batches were perhaps written; writing one again changes nothing.
                self._pending = uses | self._pending

    def _see_to_it(self, *, is_due: bool) -> None:
        if app_settings.KEY_CACHE_READER == "thread":
            self._leave_to_timer(is_due=is_due)
        elif is_due:
            self._write_due()

    def _leave_to_timer(self, *, is_due: bool) -> None:
        # Not alive after a fork, which takes no thread along.
        if self._timer is None or not self._timer.is_alive():
            self._start_timer()
        if is_due:
            self._wake.set()

    def _start_timer(self) -> None:
        with self._lock:
            if self._timer is not None and self._timer.is_alive():
                return
            self._timer = threading.Thread(
                target=self._run, name="last-use", daemon=True
            )
            self._timer.start()
        # Runs when a worker process ends in order, where atexit does not.
        Finalize(None, self.stop, exitpriority=10)

    def _run(self) -> None:
        flush_at = time.monotonic() + _interval()
        while not self._is_stopped:
            is_due = self._wake.wait(max(0.0, flush_at - time.monotonic()))
            self._wake.clear()
            try:
                if is_due:
                    self._write_due()
                if time.monotonic() >= flush_at:
                    self.flush()
                    flush_at = time.monotonic() + _interval()
            except Exception:
                logger.exception("The timer of last uses failed and goes on.")
            finally:
                release_connection()


def _interval() -> float:
    return float(app_settings.LAST_USE_FLUSH_SECONDS) or _RETRY_SECONDS


def columns(uses: Uses) -> list[tuple[int, Any, Address | None]]:
    as_column = connection.ops.adapt_datetimefield_value
    return [(pk, as_column(at), address) for pk, (at, address) in uses.items()]


def write_rows(statement: str, rows: list[tuple[Any, ...]]) -> None:
    # Not the ORM: it would wait for the answer to each row, thousands of times a
    # minute where many keys are in use. The driver sends these in one go.
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
