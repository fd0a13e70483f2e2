from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from apikeys.keyring import keyring
from apikeys.last_use import last_use


@pytest.fixture(autouse=True)
def fresh_process(settings) -> Iterator[None]:
    """Each test starts as a new process: a rolled back epoch repeats its numbers."""
    settings.LAST_USE_FLUSH_SECONDS = 0  # no timer that outlives its test
    _forget()
    yield
    _forget()


def _forget() -> None:
    keyring.forget()
    last_use._pending.clear()


class Clock:
    """Stands in for `time.monotonic`, which moves only when it is told to."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock
