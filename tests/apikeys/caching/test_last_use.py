from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from django.db import OperationalError, connection

from apikeys.caching.last_use import LastUse
from apikeys.changes.actors import OPERATOR
from apikeys.keys.last_use import last_use
from apikeys.keys.models import ApiKey, KeySecret
from apikeys.keys.rotation import rotate_key
from apikeys.keys.services import delete_key, update_key
from apikeys.keys.values import KeySettings
from apikeys.keys.verification import VerifiedKey, verify
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
ADDRESS, OTHER = ip_address("192.0.2.1"), ip_address("2001:db8::1")


@pytest.fixture
def issued():
    return IssuedFactory(at=AT)


def _secret(issued):
    verified = verify(issued.token.text, AT)
    assert isinstance(verified, VerifiedKey)
    return verified.secret


def _stored(issued):
    return KeySecret.objects.values_list("last_used_at", "last_used_address").get(
        key=issued.key, expires_at=None
    )


def test_first_use_is_written_at_once(issued):
    last_use.record_use(_secret(issued), ADDRESS, AT)

    assert _stored(issued) == (AT, "192.0.2.1")


def test_unknown_address_is_written_as_none(issued):
    last_use.record_use(_secret(issued), None, AT)

    assert _stored(issued) == (AT, None)


def test_next_uses_are_collected_and_written_by_a_flush(issued):
    secret = _secret(issued)
    last_use.record_use(secret, ADDRESS, AT)
    for seconds in (1, 2, 3):
        last_use.record_use(secret, OTHER, AT + timedelta(seconds=seconds))
    assert _stored(issued) == (AT, "192.0.2.1")

    last_use.flush()

    assert _stored(issued) == (AT + timedelta(seconds=3), "2001:db8::1")


def test_collected_use_costs_no_query(issued, django_assert_num_queries):
    secret = _secret(issued)
    last_use.record_use(secret, ADDRESS, AT)

    with django_assert_num_queries(0):
        last_use.record_use(secret, ADDRESS, AT + MICROSECOND)


@pytest.mark.parametrize(
    ("silence", "is_written"),
    [
        pytest.param(HOUR - MICROSECOND, False, id="just-under-an-hour"),
        pytest.param(HOUR, False, id="an-hour"),
        pytest.param(HOUR + MICROSECOND, True, id="just-over-an-hour"),
    ],
)
def test_use_after_silence_is_written_at_once(silence, is_written, issued):
    secret = _secret(issued)
    last_use.record_use(secret, ADDRESS, AT)

    last_use.record_use(secret, OTHER, AT + silence)

    expected = (AT + silence, "2001:db8::1") if is_written else (AT, "192.0.2.1")
    assert _stored(issued) == expected


def test_use_written_by_another_process_counts_as_no_silence(
    issued, django_assert_num_queries
):
    KeySecret.objects.update(last_used_at=AT)
    secret = _secret(issued)

    with django_assert_num_queries(0):
        last_use.record_use(secret, ADDRESS, AT + HOUR / 2)


def test_later_time_of_another_process_is_never_moved_back(issued):
    secret = _secret(issued)
    KeySecret.objects.update(last_used_at=AT + HOUR, last_used_address="192.0.2.99")

    last_use.record_use(secret, ADDRESS, AT)

    assert _stored(issued) == (AT + HOUR, "192.0.2.99")


def test_clock_that_goes_back_moves_nothing_back(issued):
    secret = _secret(issued)
    last_use.record_use(secret, ADDRESS, AT)
    last_use.record_use(secret, OTHER, AT - HOUR)

    last_use.flush()

    assert secret.last_used_at == AT
    assert _stored(issued) == (AT, "192.0.2.1")


def test_change_of_the_key_meanwhile_survives_the_write(issued):
    secret = _secret(issued)
    last_use.record_use(secret, ADDRESS, AT)
    last_use.record_use(secret, ADDRESS, AT + MICROSECOND)
    update_key(issued.key.key_id, fields=KeySettings("Renamed"), actor=OPERATOR, at=AT)
    rotate_key(issued.key.key_id, overlap=HOUR, actor=OPERATOR, at=AT)
    before = ApiKey.objects.values().get()
    secrets = list(KeySecret.objects.order_by("pk").values())

    last_use.flush()

    before |= {"last_used_at": AT + MICROSECOND}
    assert ApiKey.objects.values().get() == before
    secrets[0] |= {"last_used_at": AT + MICROSECOND}
    assert list(KeySecret.objects.order_by("pk").values()) == secrets


def test_deleted_key_is_not_brought_back(issued):
    secret = _secret(issued)
    last_use.record_use(secret, ADDRESS, AT)
    last_use.record_use(secret, ADDRESS, AT + MICROSECOND)
    delete_key(issued.key.key_id, actor=OPERATOR, at=AT)

    last_use.flush()

    assert list(KeySecret.objects.all()) == []


def test_each_secret_of_a_rotation_has_its_own_last_use(issued):
    rotated = rotate_key(issued.key.key_id, overlap=HOUR, actor=OPERATOR, at=AT)

    last_use.record_use(_secret(rotated), ADDRESS, AT)

    uses = KeySecret.objects.order_by("pk").values_list("last_used_at", flat=True)
    assert list(uses) == [None, AT]


def test_flush_writes_in_the_order_of_keys(issued):
    others = [IssuedFactory(at=AT) for _ in range(3)]
    secrets = [_secret(key) for key in (issued, *others)]
    for secret in secrets:
        last_use.record_use(secret, ADDRESS, AT)
    for secret in reversed(secrets):
        last_use.record_use(secret, ADDRESS, AT + MICROSECOND)
    written: list[int] = []

    def take_down(execute, sql, params, many, context):
        if "UPDATE apikeys_keysecret" in sql:
            written.extend(pk for *_, pk, _ in params)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(take_down):
        last_use.flush()

    assert written == [secret.pk for secret in secrets]


def test_flush_of_nothing_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        last_use.flush()


def test_use_that_cannot_be_written_is_kept_for_later(issued, caplog):
    secret = _secret(issued)

    def fail(execute, sql, params, many, context):
        if "UPDATE apikeys_keysecret" in sql:
            raise OperationalError("db.internal is away")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        last_use.record_use(secret, ADDRESS, AT)
        last_use.record_use(secret, OTHER, AT + MICROSECOND)
        last_use.flush()
    assert _stored(issued) == (None, None)
    assert "db.internal" not in caplog.text

    last_use.flush()

    assert _stored(issued) == (AT + MICROSECOND, "2001:db8::1")


def test_with_no_interval_each_use_is_written_at_once(issued, settings):
    settings.LAST_USE_FLUSH_SECONDS = 0
    secret = _secret(issued)
    last_use.record_use(secret, ADDRESS, AT)

    last_use.record_use(secret, OTHER, AT + MICROSECOND)

    assert _stored(issued) == (AT + MICROSECOND, "2001:db8::1")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seconds", [0, 3600])
def test_use_that_is_due_is_written_by_the_timer_at_once(seconds, issued, settings):
    settings.KEY_CACHE_READER = "thread"
    settings.LAST_USE_FLUSH_SECONDS = seconds
    settings.DATABASE_TIMEOUT_SECONDS = 10
    written = threading.Event()
    writers: list[threading.Thread] = []

    def write(uses):
        last_use._write(uses)
        writers.append(threading.current_thread())
        written.set()

    collector = LastUse(write)
    collector.record_use(_secret(issued), ADDRESS, AT)

    assert written.wait(10)
    collector.stop()
    assert writers == [collector._timer]
    writers[0].join(10)
    assert _stored(issued) == (AT, "192.0.2.1")


@pytest.mark.django_db(transaction=True)
def test_call_does_not_wait_for_a_write_that_hangs(issued, settings):
    secret = _secret(issued)
    settings.KEY_CACHE_READER = "thread"
    begun, let_go = threading.Event(), threading.Event()

    def hang(uses):
        begun.set()
        assert let_go.wait(10)

    collector = LastUse(hang)

    collector.record_use(secret, ADDRESS, AT)
    assert begun.wait(10)
    collector.record_use(secret, ADDRESS, AT + 2 * HOUR)

    assert not let_go.is_set()
    let_go.set()
    assert collector._timer is not None
    collector._is_stopped = True
    collector._wake.set()
    collector._timer.join(10)


@pytest.mark.django_db(transaction=True)
def test_timer_writes_what_is_collected(issued, settings):
    settings.KEY_CACHE_READER = "thread"
    settings.LAST_USE_FLUSH_SECONDS = 0.01
    collector = LastUse(last_use._write)
    secret = _secret(issued)
    collector.record_use(secret, ADDRESS, AT)
    collector.record_use(secret, OTHER, AT + MICROSECOND)
    collector.record_use(secret, OTHER, AT + MICROSECOND)
    timer = collector._timer
    assert timer is not None

    waiter = threading.Event()
    for _ in range(500):
        if _stored(issued) == (AT + MICROSECOND, "2001:db8::1"):
            break
        waiter.wait(0.01)

    collector.stop()
    timer.join(5)
    assert _stored(issued) == (AT + MICROSECOND, "2001:db8::1")
    assert not timer.is_alive()
