"""Reads of the database that keep no caller waiting for long, whatever the database does.

They run one after the other on a thread of their own; a caller waits at most
`DATABASE_TIMEOUT_SECONDS` and then goes on without an answer. From then on the database
counts as lost and is asked once a second, by one caller, until it answers.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError

from apikeys.app_settings import app_settings
from apikeys.caching.db_connections import drop_broken_connection, release_connection
from apikeys.caching.deadlines import answers_within
from apikeys.caching.outage import Outage, outage

logger = logging.getLogger(__name__)

_PROBE_SECONDS = 1.0

Answer = TypeVar("Answer")


class StateUnknown(Exception):
    """The database does not answer and nothing that is remembered may serve."""


class DatabaseReader:
    """Asks the database on behalf of callers that cannot wait. Thread-safe."""

    def __init__(self, known: Outage | None = None) -> None:
        self._lock = threading.Lock()
        self._thread: _ReaderThread | None = None
        self._outage = known or Outage()

    def read(self, work: Callable[[], Answer]) -> Answer:
        """Return what the work returns. Raises `StateUnknown` without an answer in time."""
        if not self._may_ask():
            raise StateUnknown
        try:
            answer = self._answer(work)
        except (DatabaseError, InterfaceError, TimeoutError) as error:
            # The class alone: a driver's text may quote values.
            logger.warning("The database does not answer (%s).", type(error).__name__)
            self._outage.ask_again_at = time.monotonic() + _PROBE_SECONDS
            raise StateUnknown from None
        self._outage.ask_again_at = float("-inf")
        return answer

    def clear(self) -> None:
        """Take the database for one that answers, as a new process does."""
        self._outage.ask_again_at = float("-inf")

    def _may_ask(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if now < self._outage.ask_again_at:
                return False
            if self._outage.ask_again_at > float("-inf"):
                # This caller probes; nobody else does before its answer or the next turn.
                turn = app_settings.DATABASE_TIMEOUT_SECONDS + _PROBE_SECONDS
                self._outage.ask_again_at = now + turn
            return True

    def _answer(self, work: Callable[[], Answer]) -> Answer:
        if app_settings.KEY_CACHE_READER == "inline":
            return _inline(work)
        future: Future[Answer] = Future()
        thread = self._submit(future, work)
        try:
            return future.result(app_settings.DATABASE_TIMEOUT_SECONDS)
        except TimeoutError:
            future.cancel()
            self._replace(thread)
            raise

    def _submit(self, future: Future[Any], work: Callable[[], Any]) -> _ReaderThread:
        with self._lock:
            # Not alive after a fork, which takes no thread along.
            if self._thread is None or not self._thread.is_alive():
                self._thread = _ReaderThread()
                self._thread.start()
            self._thread.jobs.put((future, work))
            return self._thread

    def _replace(self, stuck: _ReaderThread) -> None:
        """Let a stuck thread end by itself; the next read starts another."""
        with self._lock:
            if self._thread is stuck:
                stuck.jobs.put(None)
                self._thread = None


class _ReaderThread(threading.Thread):
    def __init__(self) -> None:
        # Daemon: a database that does not answer must not keep a process from ending.
        super().__init__(name="database-reader", daemon=True)
        self.jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = (
            SimpleQueue()
        )

    def run(self) -> None:
        for future, work in iter(self.jobs.get, None):
            if future.set_running_or_notify_cancel():
                _complete(future, work)


def _complete(future: Future[Any], work: Callable[[], Any]) -> None:
    try:
        try:
            with answers_within(app_settings.DATABASE_TIMEOUT_SECONDS):
                answer = work()
        finally:
            release_connection()
    except Exception as error:
        future.set_exception(error)
    else:
        future.set_result(answer)


def _inline(work: Callable[[], Answer]) -> Answer:
    try:
        with answers_within(app_settings.DATABASE_TIMEOUT_SECONDS):
            return work()
    except (DatabaseError, InterfaceError):
        drop_broken_connection()
        raise


# Each process has one.
database_reader = DatabaseReader(outage)
