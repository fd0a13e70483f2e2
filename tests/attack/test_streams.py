"""Answers without an end, and clients that leave them or do not read."""

from __future__ import annotations

from contextlib import ExitStack
from time import monotonic

from tests.attack.serving import THREADS, Served, opened
from tests.gate.stack import PATIENCE_SECONDS

REQUEST = b"GET /endless HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
ROWS = 20


def ended(served: Served) -> list[int]:
    """Return how many rows each stream gave that has ended."""
    words = "A stream has ended after "
    return [
        int(line.partition(words)[2].split()[0])
        for line in served.log.splitlines()
        if words in line
    ]


def await_ended(served: Served, count: int) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while len(ended(served)) < count:
        assert monotonic() < deadline, served.log


def test_stream_ends_with_its_client_and_frees_its_thread(served, token):
    before = len(ended(served))

    for _ in range(2):
        with ExitStack() as stack:
            for _ in range(THREADS):
                connection = stack.enter_context(opened(served.port, REQUEST))
                read = 0
                while read < ROWS * 10_000:
                    read += len(connection.recv(65_536))
        # All threads were held; only now is there one for this call.
        assert served.ask("/settings/login/").status == 200

    await_ended(served, before + 2 * THREADS)


def test_stream_waits_for_a_client_that_does_not_read(served):
    before = len(ended(served))

    with opened(served.port, REQUEST) as connection:
        connection.recv(1)
        for _ in range(20):
            assert served.ask("/settings/login/").status == 200
        assert len(ended(served)) == before

    await_ended(served, before + 1)
    # What fits into the buffers of both sides, and no more.
    assert ended(served)[-1] < 5_000
