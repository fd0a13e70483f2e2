from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone


class WallClock:
    """Stands in for `timezone.now`, which moves only when it is told to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **units: float) -> None:
        self.now += timedelta(**units)


@pytest.fixture
def wall_clock(monkeypatch, at) -> WallClock:
    clock = WallClock(at)
    monkeypatch.setattr(timezone, "now", clock)
    return clock
