"""How long a thread waits for PostgreSQL, and what becomes of the connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from time import monotonic

import psycopg
import pytest
from django.db import connection
from psycopg import errors

from apikeys.caching.deadlines import answers_within, limit_each_wait, seconds_left
from apikeys.caching.postgresql import BoundedConnection


@pytest.fixture
def bounded(db) -> Iterator[BoundedConnection]:
    own = connection.get_connection_params()
    names = ("host", "user", "dbname")
    opened = BoundedConnection.connect(
        **{name: own[name] for name in names}, autocommit=True
    )
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def no_limit() -> Iterator[None]:
    """As a command; another test may have made a server of this process."""
    before = seconds_left()
    limit_each_wait(None)
    yield
    limit_each_wait(before)


@pytest.fixture
def server_limit(no_limit) -> None:
    limit_each_wait(0.1)


def test_thread_without_a_limit_waits_for_ever():
    assert seconds_left() is None


def test_limit_of_a_block_counts_down_and_ends_with_it():
    with answers_within(10):
        left = seconds_left()
        assert left is not None
        assert 0 < left <= 10
        with answers_within(0):
            assert seconds_left() == 0
        assert seconds_left() is not None

    assert seconds_left() is None


def test_limit_of_a_block_is_that_threads_alone():
    seen: list[float | None] = []

    with answers_within(10):
        thread = threading.Thread(target=lambda: seen.append(seconds_left()))
        thread.start()
        thread.join()

    assert seen == [None]


def test_limit_of_a_server_holds_for_every_thread(server_limit):
    seen: list[float | None] = []

    thread = threading.Thread(target=lambda: seen.append(seconds_left()))
    thread.start()
    thread.join()

    assert seen == [0.1]


def test_private_name_of_psycopg_is_what_it_was():
    assert issubclass(errors._WaitTimeout, psycopg.OperationalError)


@pytest.mark.postgresql
def test_command_waits_for_as_long_as_it_takes(bounded):
    assert bounded.execute("SELECT 1 FROM pg_sleep(0.2)").fetchone() == (1,)


@pytest.mark.postgresql
def test_connection_without_an_answer_in_time_is_closed(bounded, server_limit):
    started = monotonic()

    with pytest.raises(psycopg.OperationalError, match="did not answer"):
        bounded.execute("SELECT pg_sleep(60)")

    assert monotonic() - started < 5
    assert bounded.closed
    with pytest.raises(psycopg.OperationalError):
        bounded.execute("SELECT 1")


@pytest.mark.postgresql
def test_limit_of_a_block_is_for_all_of_its_answers_together(bounded):
    answered = 0

    def ask_on() -> None:
        nonlocal answered
        while True:
            bounded.execute("SELECT pg_sleep(0.1)")
            answered += 1

    with answers_within(0.35), pytest.raises(psycopg.OperationalError):
        ask_on()

    assert answered <= 3


@pytest.mark.postgresql
def test_answer_in_time_is_read(bounded):
    with answers_within(60):
        assert bounded.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.postgresql
def test_wait_with_a_time_of_its_own_keeps_it_and_the_connection(bounded, server_limit):
    assert list(bounded.notifies(timeout=0.3)) == []
    assert not bounded.closed


def test_server_that_accepts_and_says_nothing_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = monotonic()
        with pytest.raises(psycopg.OperationalError):
            BoundedConnection.connect(
                host="127.0.0.1", port=silent.getsockname()[1], connect_timeout=1
            )

    assert monotonic() - started < 5
