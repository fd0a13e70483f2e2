"""Works at the same moment: in threads with database connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection

PATIENCE = 20


def at_once(*works: Callable[[], Any], patience: float = PATIENCE) -> list[Any]:
    """Run each in a thread from one starting line; return results and exceptions."""
    results: list[Any] = [None] * len(works)
    line = threading.Barrier(len(works), timeout=PATIENCE)

    def run(number: int, work: Callable[[], Any]) -> None:
        connection.ensure_connection()
        line.wait()
        try:
            results[number] = work()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=pair, daemon=True)
        for pair in enumerate(works)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience)
    assert not any(thread.is_alive() for thread in threads)
    return results


def while_waiting(first: Callable[[], Any], second: Callable[[], Any], table: str):
    """Run `second` so that it waits for a lock that `first` holds on a row of `table`.

    `first` stands still after its first write to the table until the second one
    waits for it: no sleep, the server itself tells who waits.
    """
    locked, results = threading.Event(), {}

    def stand_still(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if f'"{table}"' in sql and not locked.is_set():
            locked.set()
            _wait_for_a_waiter()
        return result

    def run(name, work, wrapper=None):
        try:
            if wrapper:
                with connection.execute_wrapper(wrapper):
                    results[name] = work()
            else:
                assert locked.wait(PATIENCE)
                results[name] = work()
        except Exception as error:
            results[name] = error
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=("first", first, stand_still), daemon=True),
        threading.Thread(target=run, args=("second", second), daemon=True),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    return results["first"], results["second"]


def _wait_for_a_waiter() -> None:
    other = connection.copy("watcher")
    try:
        with other.cursor() as cursor:
            for _ in range(100_000):
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
                )
                if cursor.fetchone()[0]:
                    return
    finally:
        other.close()
    raise AssertionError("Nobody waited.")


def kinds(results: Iterable[Any]) -> list[str]:
    return sorted(type(result).__name__ for result in results)
