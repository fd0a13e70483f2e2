"""How long this thread waits for the database to answer.

A database that accepts and does not answer keeps a thread for ever, unless the thread
counts. A server sets one limit for each wait of all its threads; whoever needs an answer
sooner sets an instant for a whole piece of work. A command has no limit: a migration or
an export may rightly wait for long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class _Limits(threading.local):
    until: float | None = None


# Of each wait, for every thread of the process that has no limit of its own.
_seconds_of_process: float | None = None
_limits = _Limits()


def limit_each_wait(seconds: float | None) -> None:
    """Set how long any thread of this process may wait for one answer; None: for ever."""
    global _seconds_of_process  # noqa: PLW0603 (a setting of the process, as signals are)
    _seconds_of_process = seconds


@contextmanager
def answers_within(seconds: float) -> Iterator[None]:
    """Limit all waits of this thread inside the block, taken together."""
    before = _limits.until
    _limits.until = time.monotonic() + seconds
    try:
        yield
    finally:
        _limits.until = before


def has_own_limit() -> bool:
    """Tell whether this thread is inside `answers_within`."""
    return _limits.until is not None


def seconds_left() -> float | None:
    """Return how long this thread may wait from now on, or None without a limit."""
    if _limits.until is None:
        return _seconds_of_process
    return max(0.0, _limits.until - time.monotonic())
