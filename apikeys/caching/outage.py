"""Whether the database is known to be lost, for everybody who would wait for it."""

from __future__ import annotations

import time


class Outage:
    """What one process knows; `reader` writes it down."""

    def __init__(self) -> None:
        # Infinitely long ago while the database answers.
        self.ask_again_at = float("-inf")

    @property
    def is_known(self) -> bool:
        return time.monotonic() < self.ask_again_at


# Each process has one.
outage = Outage()
