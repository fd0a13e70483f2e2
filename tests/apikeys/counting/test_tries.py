from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from django.db import connection

from apikeys.counting.models import TryCount
from apikeys.counting.tries import (
    Limit,
    TooManyTries,
    clear,
    counter,
    give_back,
    network_of,
    spend,
)

pytestmark = pytest.mark.django_db

LIMIT = Limit("opening", 3, timedelta(minutes=5))
HERE = ip_address("192.0.2.7")
AT = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


def after(**units):
    return AT + timedelta(**units)


def spend_all(*counters, times=3, at=AT):
    return [spend(counters, at) for _ in range(times)]


def wait(*counters, at=AT):
    """How long until one more try may pass, in seconds."""
    with pytest.raises(TooManyTries) as refusal:
        spend(counters, at)
    return refusal.value.wait.total_seconds()


def test_each_try_is_told_which_it_is():
    assert spend_all(counter(LIMIT, HERE, "ada")) == [[1], [2], [3]]


def test_try_beyond_the_limit_is_refused_and_not_counted():
    ada = counter(LIMIT, HERE, "ada")
    spend_all(ada)
    before = list(TryCount.objects.values())

    # The slice 12:00 to 12:01 counts until five minutes after its end.
    assert wait(ada) == 330
    assert list(TryCount.objects.values()) == before


@pytest.mark.parametrize(
    ("name", "address"),
    [
        pytest.param("eve", "192.0.2.7", id="another-account"),
        pytest.param("ada", "192.0.2.8", id="another-address"),
        pytest.param("ada", "2001:db8::7", id="another-family"),
        pytest.param("", "192.0.2.7", id="the-network-as-a-whole"),
    ],
)
def test_others_are_not_kept_out(name, address):
    spend_all(counter(LIMIT, HERE, "ada"))

    assert spend([counter(LIMIT, ip_address(address), name)], AT) == [1]


def test_another_limit_counts_apart():
    spend_all(counter(LIMIT, HERE, "ada"))

    assert spend([counter(Limit("closing", 3, LIMIT.per), HERE, "ada")], AT) == [1]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("ADA", id="another-case"),
        pytest.param(" ada ", id="blanks"),
        pytest.param("\uff41da", id="full-width"),
    ],
)
def test_spellings_of_one_account_count_together(name):
    spend_all(counter(LIMIT, HERE, "ada"))

    assert wait(counter(LIMIT, HERE, name)) == 330


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("a" * 1_000_000, id="long"),
        pytest.param("\ud800", id="half-a-pair"),
        pytest.param("ada\x00", id="nul"),
        pytest.param("'; DROP TABLE apikeys_trycount; --", id="sql"),
    ],
)
def test_hostile_text_is_one_short_subject(hostile):
    spend([counter(LIMIT, HERE, hostile)], AT)

    [row] = TryCount.objects.all()
    assert len(row.subject) == 64
    assert set(row.subject) <= set("0123456789abcdef")


def test_table_does_not_say_what_was_typed():
    spend([counter(LIMIT, HERE, "my secret password")], AT)

    assert "secret" not in repr(list(TryCount.objects.values_list()))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (None, "unknown"),
        (ip_address("192.0.2.7"), "192.0.2.7"),
        (ip_address("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64"),
        (ip_address("2001:db8:1:2:ffff::"), "2001:db8:1:2::/64"),
        (ip_address("2001:db8:1:3::"), "2001:db8:1:3::/64"),
    ],
)
def test_network_of_an_address(address, network):
    assert network_of(address) == network


def test_addresses_of_one_ipv6_network_count_together():
    for number in range(3):
        spend([counter(LIMIT, ip_address(f"2001:db8::{number}"), "ada")], AT)

    assert wait(counter(LIMIT, ip_address("2001:db8::ffff"), "ada")) == 330


def test_unknown_addresses_are_one_network():
    spend_all(counter(LIMIT, None, "ada"))

    assert wait(counter(LIMIT, None, "ada")) == 330


@pytest.mark.parametrize(
    "first", [AT - timedelta(seconds=30), AT, AT + timedelta(seconds=29)]
)
def test_never_more_pass_in_any_stretch_of_the_time(first):
    ada = counter(LIMIT, HERE, "ada")
    passed = []
    for second in range(0, 1200, 10):
        at = first + timedelta(seconds=second)
        try:
            spend([ada], at)
        except TooManyTries:
            continue
        passed.append(at)

    assert len(passed) > 6
    for at in passed:
        assert sum(at <= other < at + LIMIT.per for other in passed) <= LIMIT.count


def test_wait_ends_when_enough_of_the_old_is_over():
    ada = counter(LIMIT, HERE, "ada")
    spend([ada], AT)
    spend_all(ada, times=2, at=after(minutes=3))

    seconds = wait(ada, at=after(minutes=4))

    assert seconds == 90
    with pytest.raises(TooManyTries):
        spend([ada], after(minutes=4, seconds=seconds - 1))
    assert spend([ada], after(minutes=4, seconds=seconds)) == [3]


def test_of_two_counters_the_longer_wait_is_told_and_neither_counts():
    wide = Limit("wide", 1, timedelta(hours=1))
    ada, network = counter(LIMIT, HERE, "ada"), counter(wide, HERE)
    spend([ada, network], AT)
    before = list(TryCount.objects.values())

    assert wait(ada, network) == 60 * 72 - 30
    assert list(TryCount.objects.values()) == before


def test_try_that_others_came_before_is_refused_and_given_back():
    ada, network = counter(LIMIT, HERE, "ada"), counter(LIMIT, HERE)
    spend([ada, network], AT)
    others = [2]

    def come_in_between(execute, sql, params, many, context):
        if sql.startswith("INSERT") and others:
            for _ in range(others.pop()):
                spend([ada, network], AT)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(come_in_between):
        assert wait(ada, network) == 330

    assert list(TryCount.objects.values_list("count", flat=True)) == [3, 3]


def test_what_is_given_back_may_be_tried_again():
    ada, network = counter(LIMIT, HERE, "ada"), counter(LIMIT, HERE)
    spend_all(ada, network)

    give_back([ada, network], AT)

    assert spend([ada, network], AT) == [3, 3]
    assert wait(ada) == 330


def test_more_than_was_counted_is_never_given_back():
    ada = counter(LIMIT, HERE, "ada")
    spend([ada], AT)

    for _ in range(3):
        give_back([ada], AT)

    assert spend_all(ada) == [[1], [2], [3]]


def test_clear_begins_one_counter_anew():
    ada, network = counter(LIMIT, HERE, "ada"), counter(LIMIT, HERE)
    spend_all(ada, network, times=2)

    clear([ada])

    assert spend([ada, network], AT) == [1, 3]


def test_old_rows_are_purged_on_the_way():
    for number in range(150):
        spend([counter(LIMIT, HERE, f"account {number}")], AT)

    # The last second in which they count, and the first in which they do not.
    spend([counter(LIMIT, HERE, "ada")], after(seconds=329))
    assert TryCount.objects.count() == 151
    spend([counter(LIMIT, HERE, "eve")], after(seconds=331))
    assert TryCount.objects.count() == 52
    spend([counter(LIMIT, HERE, "eve")], after(seconds=332))
    assert TryCount.objects.count() == 52
    spend([counter(LIMIT, HERE, "bob")], after(seconds=333))
    assert TryCount.objects.count() == 3


def test_refused_try_writes_nothing(django_assert_num_queries):
    ada = counter(LIMIT, HERE, "ada")
    spend_all(ada)

    with django_assert_num_queries(1) as captured:
        wait(ada)

    assert captured[0]["sql"].startswith("SELECT")
