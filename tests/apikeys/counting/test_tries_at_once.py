"""Tries at the same moment: in threads with connections of their own."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from django.db import connection

from apikeys.counting.models import TryCount
from apikeys.counting.tries import Limit, TooManyTries, counter, spend

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = Limit("opening", 10, timedelta(minutes=5))
HERE = ip_address("192.0.2.7")
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
THREADS = 4
EACH = 6


def run_at_once(work):
    """Run in threads from one starting line; return what went wrong."""
    line = threading.Barrier(THREADS, timeout=20)
    errors = []

    def run():
        try:
            connection.ensure_connection()
            line.wait()
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_no_more_pass_than_the_limit_lets():
    passed = []

    def work():
        for _ in range(EACH):
            try:
                passed.append(spend([counter(LIMIT, HERE, "ada")], AT)[0])
            except TooManyTries:
                continue

    assert run_at_once(work) == []
    assert sorted(passed) == sorted(set(passed))
    assert len(passed) <= LIMIT.count
    [row] = TryCount.objects.all()
    assert row.count == len(passed)


def test_counts_add_up_and_old_rows_go():
    old = AT - timedelta(hours=1)
    for number in range(50):
        spend([counter(LIMIT, HERE, f"account {number}")], old)
    roomy = Limit("roomy", 1000, timedelta(minutes=5))

    def work():
        for number in range(EACH):
            spend([counter(roomy, HERE, f"new {number}"), counter(roomy, HERE)], AT)

    assert run_at_once(work) == []
    total = TryCount.objects.get(subject="", name="roomy")
    assert total.count == THREADS * EACH
    assert set(
        TryCount.objects.exclude(subject="").values_list("count", flat=True)
    ) == {THREADS}
