"""Counts the gate's queries: `python -m bench.queries TOKENS CALLS`, as its own process.

Uses so many keys that are not in memory, once each, then writes their last uses.
Prints JSON: queries a call, and statements and seconds of the writing.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 (needs the settings)

from apikeys.access.refusals import Refusal  # noqa: E402
from apikeys.gate import decide  # noqa: E402
from apikeys.keys.last_use import last_use  # noqa: E402
from bench.load import HEADERS  # noqa: E402


def main(tokens: Path, calls: int) -> None:
    with tokens.open() as lines, _counting() as asked:
        _use(islice(lines, calls))
    with _counting() as written:
        started = time.monotonic()
        last_use.flush()
        seconds = time.monotonic() - started
    sys.stdout.write(
        json.dumps(
            {
                "queries_a_call": len(asked) / calls,
                "statements_of_last_uses": len(written),
                "seconds_of_last_uses": seconds,
            }
        )
    )


def _use(tokens: Iterable[str]) -> None:
    environ: dict[str, Any] = {"REMOTE_ADDR": "127.0.0.1"}
    for name, value in HEADERS.items():
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    for token in tokens:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {token.strip()}"
        decision = decide(environ)
        if isinstance(decision, Refusal):
            raise TypeError(decision.detail)


@contextmanager
def _counting() -> Iterator[list[str]]:
    statements: list[str] = []

    def record(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(record):
        yield statements


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
