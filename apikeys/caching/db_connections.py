"""This thread's database connection, for code that no Django request surrounds."""

from __future__ import annotations

import threading

from django.db import DEFAULT_DB_ALIAS, connection, connections


class _Thread(threading.local):
    """This thread's connection object, open or not: finding it takes Django long."""

    def __init__(self) -> None:
        self.connection = connections[DEFAULT_DB_ALIAS]


_thread = _Thread()


def release_connection() -> None:
    """Give this thread's connection back; for code outside Django's request cycle."""
    own = _thread.connection
    if own.connection is not None and not own.in_atomic_block:
        own.close()


def drop_broken_connection() -> None:
    """Let go of a connection that failed, so that the next use opens a new one."""
    if not connection.in_atomic_block:
        connection.close()
