"""Reads on a thread of their own, and the callers that wait for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from django.db import InterfaceError, OperationalError, connection

from apikeys.caching.models import CacheVersion
from apikeys.caching.reader import DatabaseReader, StateUnknown
from apikeys.choices import CacheName

PATIENCE_SECONDS = 10


@pytest.fixture(autouse=True)
def on_a_thread(settings) -> None:
    settings.KEY_CACHE_READER = "thread"
    settings.DATABASE_TIMEOUT_SECONDS = 0.1


@pytest.fixture
def reader() -> DatabaseReader:
    return DatabaseReader()


class Hanging:
    """Work that does not end before the test does, or before it is let go."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.let_go = threading.Event()
        self.threads: list[threading.Thread] = []

    def __call__(self) -> str:
        self.threads.append(threading.current_thread())
        self.started.set()
        assert self.let_go.wait(PATIENCE_SECONDS)
        return "late"

    def end(self) -> None:
        self.let_go.set()
        for thread in self.threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    work = Hanging()
    yield work
    work.end()


def _fail(error):
    def work():
        raise error("the driver's own words")

    return work


def test_work_runs_on_one_thread_of_its_own(reader):
    first = reader.read(threading.current_thread)
    second = reader.read(threading.current_thread)

    assert first is second
    assert first is not threading.current_thread()
    assert (first.name, first.daemon) == ("database-reader", True)


def test_thread_starts_at_the_first_read():
    def readers() -> int:
        return sum(thread.name == "database-reader" for thread in threading.enumerate())

    before = readers()
    reader = DatabaseReader()
    assert readers() == before

    reader.read(lambda: None)

    assert readers() == before + 1


def test_caller_goes_on_without_an_answer_in_time(reader, hanging):
    started = monotonic()

    with pytest.raises(StateUnknown):
        reader.read(hanging)

    assert monotonic() - started < 5


def test_lost_database_is_asked_once_a_second_by_one(reader, clock):
    asked: list[int] = []

    def ask(number):
        def work():
            asked.append(number)
            raise OperationalError

        with pytest.raises(StateUnknown):
            reader.read(work)

    for number in range(5):
        ask(number)
    clock.advance(0.99)
    ask(5)
    clock.advance(0.01)
    ask(6)
    ask(7)

    assert asked == [0, 6]


def test_while_one_caller_probes_the_others_go_on_at_once(
    reader, hanging, clock, settings
):
    with pytest.raises(StateUnknown):
        reader.read(_fail(OperationalError))
    clock.advance(1)
    settings.DATABASE_TIMEOUT_SECONDS = PATIENCE_SECONDS

    with ThreadPoolExecutor(1) as pool:
        probe = pool.submit(reader.read, hanging)
        assert hanging.started.wait(PATIENCE_SECONDS)
        with pytest.raises(StateUnknown):
            reader.read(lambda: "not asked")
        hanging.let_go.set()
        assert probe.result(PATIENCE_SECONDS) == "late"

    assert reader.read(lambda: "asked") == "asked"
    reader._replace(reader._thread)


def test_stuck_thread_is_replaced_and_ends(reader, hanging, clock):
    with pytest.raises(StateUnknown):
        reader.read(hanging)
    clock.advance(1)

    replacement = reader.read(threading.current_thread)

    (stuck,) = hanging.threads
    assert replacement is not stuck
    assert stuck.is_alive()
    hanging.end()


def test_work_whose_caller_has_gone_is_not_begun(reader, hanging):
    begun: list[bool] = []

    def read(work) -> None:
        with pytest.raises(StateUnknown):
            reader.read(work)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(read, hanging)
        assert hanging.started.wait(PATIENCE_SECONDS)
        second = pool.submit(read, lambda: begun.append(True))
        first.result(PATIENCE_SECONDS)
        second.result(PATIENCE_SECONDS)
    hanging.end()

    assert begun == []


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_error_of_the_database_is_a_loss_and_its_text_is_not_logged(
    error, reader, caplog
):
    with pytest.raises(StateUnknown):
        reader.read(_fail(error))

    assert [record.getMessage() for record in caplog.records] == [
        f"The database does not answer ({error.__name__})."
    ]


def test_mistake_in_the_work_is_raised_where_it_was_asked_for(reader):
    with pytest.raises(ZeroDivisionError):
        reader.read(lambda: 1 // 0)

    assert reader.read(lambda: "next") == "next"


@pytest.mark.django_db(transaction=True)
def test_thread_keeps_no_connection(reader, settings):
    settings.DATABASE_TIMEOUT_SECONDS = PATIENCE_SECONDS

    reader.read(lambda: CacheVersion.objects.current(CacheName.KEYS))

    assert reader.read(lambda: connection.connection) is None
