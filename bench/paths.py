"""The gate asked about many different paths, as the records of a CRM have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench import load
from bench.server import Server
from bench.subjects import MANY_PATHS, PATHS, authorization

_SCRIPT = Path(__file__).with_suffix(".lua")


class PathsInTurn:
    """Asks about each path in turn; a run continues where the last one ended."""

    def __init__(self) -> None:
        self._first = 0

    def rate(
        self, server: Server, credentials: Mapping[str, str], seconds: int
    ) -> float:
        """Return how many calls a second the gate answers."""
        tally = load.run(
            server.url(MANY_PATHS.path),
            seconds,
            authorization(MANY_PATHS, credentials),
            script=(str(_SCRIPT), str(PATHS), str(self._first)),
        )
        self._first = (self._first + tally.requests) % PATHS
        return tally.rate
