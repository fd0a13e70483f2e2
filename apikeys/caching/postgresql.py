"""A connection to PostgreSQL that does not wait for ever."""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

# The one private name that is relied on: what `wait` raises when its time is over. It is
# an OperationalError; a test fails where a release names or uses it otherwise.
from psycopg.errors import _WaitTimeout

from apikeys.caching.deadlines import seconds_left

Answer = TypeVar("Answer")


class BoundedConnection(psycopg.Connection[Any]):
    """Closes itself when an answer is not there in the time that `deadlines` allows.

    Neither `statement_timeout` nor cancelling does this: a frozen server does not count,
    and does not read a request to cancel.
    """

    def wait(
        self,
        gen: PQGen[Answer],
        interval: float = 0.1,
        timeout: float | None = None,
    ) -> Answer:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, seconds_left())
        except _WaitTimeout:
            # An answer that comes later must not be read as that of the next question.
            self.pgconn.finish()
            raise psycopg.OperationalError("The database did not answer.") from None
