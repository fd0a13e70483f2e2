from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.db import InterfaceError, OperationalError, connection, connections

from apikeys.access import tokens
from apikeys.access.refusals import (
    CREDENTIALS_INVALID,
    CREDENTIALS_MALFORMED,
    STATE_UNKNOWN,
)
from apikeys.caching.db_connections import release_connection
from apikeys.caching.models import CacheVersion, moved_here
from apikeys.changes.actors import OPERATOR
from apikeys.choices import CacheName
from apikeys.keys.services import deactivate_key
from apikeys.keys.verification import VerifiedKey, verify
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def timing(settings):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 0.25
    settings.KEY_CACHE_OUTAGE_SECONDS = 30


@pytest.fixture
def issued():
    return IssuedFactory(at=AT)


@contextmanager
def lost_database(error=OperationalError):
    """Yield the list of what was asked of a database that answers nothing."""
    asked = []

    def fail(execute, sql, params, many, context):
        asked.append(sql)
        raise error("server at db.internal closed the connection")

    with connection.execute_wrapper(fail):
        yield asked


def _prove(issued):
    return verify(issued.token.text, AT)


def _is_served(issued) -> bool:
    return isinstance(_prove(issued), VerifiedKey)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_remembered_key_serves_until_the_outage_has_lasted_too_long(
    error, issued, clock
):
    assert _is_served(issued)

    with lost_database(error):
        clock.advance(30)
        assert _is_served(issued)
        clock.advance(0.001)
        assert _prove(issued) is STATE_UNKNOWN


def test_unknown_key_is_neither_served_nor_called_invalid(issued, clock):
    _prove(issued)

    with lost_database():
        clock.advance(1)
        assert verify(tokens.generate().text, AT) is STATE_UNKNOWN


def test_key_that_was_not_remembered_is_not_served(issued, clock):
    other = IssuedFactory(at=AT)
    _prove(issued)

    with lost_database():
        assert _prove(other) is STATE_UNKNOWN
        clock.advance(5)
        assert _prove(other) is STATE_UNKNOWN
        assert _is_served(issued)


def test_process_that_never_reached_the_database_serves_nothing(issued):
    with lost_database():
        assert _prove(issued) is STATE_UNKNOWN


def test_wrong_secret_of_a_remembered_key_stays_invalid(issued, clock):
    _prove(issued)
    wrong = tokens.with_new_secret(issued.token.public_id)

    with lost_database():
        clock.advance(1)
        assert verify(wrong.text, AT) is CREDENTIALS_INVALID


def test_outage_does_not_tell_which_keys_are_remembered(issued, clock):
    _prove(issued)
    no_token = f"{issued.token.public_id}_nonsense"

    with lost_database():
        clock.advance(31)
        assert _prove(issued) is STATE_UNKNOWN
        assert verify(no_token, AT) is CREDENTIALS_MALFORMED


def test_entry_known_to_be_stale_is_not_served(issued, clock):
    other = IssuedFactory(at=AT)
    for key in (issued, other):
        _prove(key)
    deactivate_key(issued.key.key_id, actor=OPERATOR, at=AT)
    clock.advance(0.25)
    _prove(other)  # sees the moved cache version

    with lost_database():
        assert _prove(issued) is STATE_UNKNOWN
        assert _is_served(other)


def test_database_is_probed_once_a_second(issued, clock):
    other = tokens.generate()
    _prove(issued)
    clock.advance(1)

    with lost_database() as asked:
        for _ in range(20):
            assert _is_served(issued)
            assert verify(other.text, AT) is STATE_UNKNOWN
        assert len(asked) == 1
        clock.advance(0.99)
        _prove(issued)
        assert len(asked) == 1
        clock.advance(0.01)
        for _ in range(20):
            _prove(issued)
        assert len(asked) == 2


def test_database_that_comes_back_is_used_within_a_second(issued, clock):
    _prove(issued)
    with lost_database():
        clock.advance(40)
        assert _prove(issued) is STATE_UNKNOWN
        deactivate_after = issued.key.key_id

    deactivate_key(deactivate_after, actor=OPERATOR, at=AT)
    assert _prove(issued) is STATE_UNKNOWN
    clock.advance(1)
    verified = _prove(issued)

    assert isinstance(verified, VerifiedKey)
    assert verified.grant.is_active is False


def test_row_that_cannot_be_read_starts_the_outage(issued, clock):
    _prove(issued)

    def fail_on_rows(execute, sql, params, many, context):
        if 'FROM "apikeys_keysecret"' in sql:
            raise OperationalError
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail_on_rows):
        assert verify(tokens.generate().text, AT) is STATE_UNKNOWN

    assert verify(tokens.generate().text, AT) is STATE_UNKNOWN
    clock.advance(1)
    assert verify(tokens.generate().text, AT) is CREDENTIALS_INVALID


def test_log_names_the_error_and_not_its_text(issued, clock, caplog):
    _prove(issued)
    clock.advance(1)

    with caplog.at_level(logging.DEBUG, "apikeys"), lost_database():
        _prove(issued)

    assert [record.getMessage() for record in caplog.records] == [
        "The database does not answer (OperationalError)."
    ]


def test_change_in_this_process_during_an_outage_is_not_overlooked(issued, clock):
    _prove(issued)

    with lost_database():
        clock.advance(1)
        _prove(issued)
        moved_here.update([CacheName.KEYS])
        assert _is_served(issued)
    deactivate_key(issued.key.key_id, actor=OPERATOR, at=AT)
    clock.advance(1)

    verified = _prove(issued)
    assert isinstance(verified, VerifiedKey)
    assert verified.grant.is_active is False


@pytest.mark.django_db(transaction=True)
def test_lost_connection_is_replaced_by_a_new_one(issued, clock):
    assert _is_served(issued)
    lost = connection.connection

    clock.advance(1)
    with lost_database():
        assert _is_served(issued)
    assert connection.connection is None
    clock.advance(1)
    assert _is_served(issued)

    assert connection.connection not in (None, lost)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_connection_killed_by_the_server_is_replaced(issued, clock):
    assert _is_served(issued)
    killed = _backend()
    other = connection.copy("killer")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [killed])
    finally:
        other.close()

    clock.advance(1)
    assert _is_served(issued)  # out of memory
    assert connection.connection is None
    clock.advance(1)
    assert _is_served(issued)
    assert _backend() != killed


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_server_that_cannot_be_reached_is_an_outage(issued, clock):
    assert _is_served(issued)
    connection.close()
    host = connection.settings_dict["HOST"]
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        clock.advance(1)
        assert _is_served(issued)
        assert verify(tokens.generate().text, AT) is STATE_UNKNOWN
        clock.advance(30)
        assert _prove(issued) is STATE_UNKNOWN
    finally:
        connection.settings_dict["HOST"] = host

    clock.advance(1)
    assert _is_served(issued)


@pytest.mark.django_db(transaction=True)
def test_released_connection_is_given_back():
    CacheVersion.objects.current(CacheName.KEYS)
    assert connection.connection is not None

    release_connection()
    assert connection.connection is None
    release_connection()
    assert connection.connection is None


def test_connection_inside_a_transaction_is_not_released():
    CacheVersion.objects.current(CacheName.KEYS)

    release_connection()

    assert connections["default"].connection is not None
