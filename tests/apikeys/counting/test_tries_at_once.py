"""Tries at the same moment: in threads with connections of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest

from apikeys.counting.models import TryCount
from apikeys.counting.tries import Limit, TooManyTries, counter, spend
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = Limit("opening", 10, timedelta(minutes=5))
HERE = ip_address("192.0.2.7")
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
THREADS = 4
EACH = 6


def test_no_more_pass_than_the_limit_lets():
    passed = []

    def work():
        for _ in range(EACH):
            try:
                passed.append(spend([counter(LIMIT, HERE, "ada")], AT)[0])
            except TooManyTries:
                continue

    assert at_once(*[work] * THREADS) == [None] * THREADS
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

    assert at_once(*[work] * THREADS) == [None] * THREADS
    total = TryCount.objects.get(subject="", name="roomy")
    assert total.count == THREADS * EACH
    assert set(
        TryCount.objects.exclude(subject="").values_list("count", flat=True)
    ) == {THREADS}
