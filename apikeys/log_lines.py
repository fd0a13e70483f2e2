"""How many lines a process writes about what strangers can cause: a flood fills no disk."""

from __future__ import annotations

import logging
import threading
import time

_SECONDS = 60.0


class LineBudget:
    """At most `lines` in a minute. Thread-safe."""

    def __init__(self, lines: int) -> None:
        self._lines = lines
        self._lock = threading.Lock()
        self._began_at = float("-inf")
        self._asked = 0

    def clear(self) -> None:
        """Begin anew, as a new process does."""
        with self._lock:
            self._began_at, self._asked = float("-inf"), 0

    def take(self, at: float) -> tuple[bool, int]:
        """Tell whether a line may be written, and how many were left out before it.

        `at` is in seconds of any clock. Lines are reported as left out once, with the
        first line of a later minute.
        """
        with self._lock:
            left_out = 0
            # A clock that was set back begins a new minute as well.
            if not 0 <= at - self._began_at < _SECONDS:
                left_out = max(0, self._asked - self._lines)
                self._began_at, self._asked = at, 0
            self._asked += 1
            return self._asked <= self._lines, left_out


class BoundedWarnings(logging.Filter):
    """Lets through so many lines a minute; errors always, since they are ours to mend."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._budget = LineBudget(lines)

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR or self._budget.take(time.monotonic())[0]
