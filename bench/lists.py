"""How long the lists of the Settings screens take with few and with many keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.databases import Database

FEW_KEYS = 100
MANY_KEYS = 100_000
KEYS = "/settings/apikeys/apikey/"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, and how many times longer it may take with many keys."""

    title: str
    path: str
    limit: float


PAGES = (
    Page("keys list", KEYS, 1.2),
    Page("page 2", f"{KEYS}?p=2", 1.2),
    Page("filter: open to any address", f"{KEYS}?restriction=any-address", 1.2),
    Page("filter: active", f"{KEYS}?status=active", 1.2),
    Page("search", f"{KEYS}?q=bench", 3.0),
    Page("Roles", "/settings/auth/group/", 1.2),
)


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of a page in each round, with few keys and with many."""

    few: list[float]
    many: list[float]

    @property
    def ratio(self) -> float:
        """Return the median of each round's own ratio: a machine's speed drifts."""
        rounds = zip(self.many, self.few, strict=True)
        return median(many / few for many, few in rounds)


def compare(few: Database, many: Database, rounds: int) -> dict[Page, Times]:
    """Ask for every page of both databases in turn, as often as there are rounds."""
    with _asking(few) as ask_few, _asking(many) as ask_many:
        for ask in (ask_few, ask_many):
            # The first answers compile templates and fill caches.
            ask()
        measured = [(ask_few(), ask_many()) for _round in range(rounds)]
    return {
        page: Times(
            few=[few[position] for few, _many in measured],
            many=[many[position] for _few, many in measured],
        )
        for position, page in enumerate(PAGES)
    }


@contextmanager
def _asking(database: Database) -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.ask_lists"],
        env={
            **os.environ,
            **database.environment,
            "DJANGO_SETTINGS_MODULE": "bench.settings_pages",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    orders, answers = process.stdin, process.stdout
    if orders is None or answers is None:
        raise RuntimeError("The process has no pipes.")

    def ask() -> list[float]:
        orders.write("once\n")
        orders.flush()
        found: list[float] = json.loads(answers.readline())
        return found

    try:
        yield ask
    finally:
        orders.close()
        process.wait(timeout=20)
