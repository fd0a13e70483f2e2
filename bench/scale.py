"""How the gate fares with many keys: rate, memory, queries, and a change elsewhere."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO

from bench import load
from bench.databases import Database
from bench.machine import MEGABYTE, resident_bytes
from bench.server import HOST, Granian, Server

_REFUSED_SECONDS = 10
_GATE = "/gate"


@dataclass(frozen=True, slots=True)
class Sizes:
    """Numbers of keys: those of a small database, of a large one, and those in use.

    `many` fit the key cache, `most` do not.
    """

    few: int
    total: int
    many: int
    most: int


@dataclass(frozen=True, slots=True)
class Queries:
    """What one call with a key that is not in memory asks of the database."""

    a_call: float
    seconds_of_last_uses: float
    calls: int


def fill_key_cache(server: Granian, database: Database, keys: int) -> float:
    """Use each of so many keys and return by how many megabytes the worker grew."""
    # What a first load of any kind costs is not the key cache's.
    load.run(server.url(_GATE), 2, database.credentials()["key"])
    before = resident_bytes(server.worker)
    load.ask_with_each(server.url(_GATE), database.tokens(keys), keys)
    return (resident_bytes(server.worker) - before) / MEGABYTE


def spread_rate(server: Server, database: Database, keys: int, seconds: int) -> float:
    """Return the gate's rate with a load spread evenly over so many keys."""
    url = server.url(_GATE)
    return load.run(url, seconds, script=load.spread(database.tokens(keys))).rate


def queries(database: Database, keys: int, calls: int) -> Queries:
    """Count the queries of calls with as many keys that are not in memory."""
    result = subprocess.run(  # noqa: S603 (our own words)
        [
            *(sys.executable, "-m", "bench.queries"),
            *(str(database.tokens(keys)), str(calls)),
        ],
        # The collected last uses are written once, at the end.
        env={**os.environ, **database.environment, "LAST_USE_FLUSH_SECONDS": "86400"},
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(result.stdout.splitlines()[-1])
    return Queries(found["queries_a_call"], found["seconds_of_last_uses"], calls)


def refused_after(server: Server, database: Database, trials: int) -> list[float]:
    """Return for each trial after how many seconds another process's change holds."""
    credentials = database.credentials()
    with _switch(database) as (commands, moments):
        return [
            _trial(server, credentials, commands, moments, position)
            for position in range(trials)
        ]


def _trial(
    server: Server,
    credentials: dict[str, str],
    commands: IO[str],
    moments: IO[str],
    position: int,
) -> float:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=10)
    headers = load.headers(credentials["key"])
    _await(connection, headers, HTTPStatus.OK)
    # Changes come at any moment between two looks at the version.
    time.sleep(position % 10 * 0.025)
    commands.write(f"off {credentials['key_id']}\n")
    commands.flush()
    changed_at = float(moments.readline())
    refused_at = _await(connection, headers, HTTPStatus.UNAUTHORIZED)
    commands.write(f"on {credentials['key_id']}\n")
    commands.flush()
    moments.readline()
    connection.close()
    return max(0.0, refused_at - changed_at)


def _await(
    connection: http.client.HTTPConnection, headers: dict[str, str], status: int
) -> float:
    """Ask without a pause until the gate answers with a status; return when it did."""
    deadline = time.monotonic() + _REFUSED_SECONDS
    while time.monotonic() < deadline:
        connection.request("GET", _GATE, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status == status:
            return time.monotonic()
    raise load.LoadFailed(f"The gate did not answer {status} in time.")


@contextmanager
def _switch(database: Database) -> Iterator[tuple[IO[str], IO[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.switch"],
        env={**os.environ, **database.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("The process has no pipes.")
    try:
        yield process.stdin, process.stdout
    finally:
        process.stdin.close()
        process.wait(timeout=20)
