"""Two at once, on a database that lets two write at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from apikeys.audit.models import AuditEntry
from apikeys.caching.models import CacheVersion
from apikeys.changes.actors import OPERATOR
from apikeys.changes.errors import ChangedMeanwhile, InvalidFields, NonceUsed
from apikeys.changes.models import UsedNonce
from apikeys.choices import CacheName
from apikeys.keys.cache import key_cache
from apikeys.keys.models import ApiKey, KeySecret
from apikeys.keys.rotation import (
    RotationUnderWay,
    cancel_rotation,
    end_rotation,
    rotate_key,
)
from apikeys.keys.services import (
    AlreadySo,
    UnknownKey,
    deactivate_key,
    delete_key,
    update_key,
)
from apikeys.keys.values import KeySettings
from apikeys.keys.verification import VerifiedKey, verify
from tests.concurrency import at_once, kinds, while_waiting
from tests.factories import IssuedFactory, full_access

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def issued():
    return IssuedFactory(at=AT, fields__name="Billing")


def _rotate(issued, **values):
    return rotate_key(issued.key.key_id, overlap=DAY, actor=OPERATOR, at=AT, **values)


def _actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_one_of_two_rotations_at_once_wins(issued):
    results = at_once(lambda: _rotate(issued), lambda: _rotate(issued))

    assert kinds(results) == ["IssuedKey", "RotationUnderWay"]
    (winner,) = [made for made in results if not isinstance(made, RotationUnderWay)]
    assert KeySecret.objects.count() == 2
    assert isinstance(verify(winner.token.text, AT), VerifiedKey)
    assert isinstance(verify(issued.token.text, AT), VerifiedKey)
    assert _actions() == ["key_created", "key_rotated"]


def test_second_rotation_waits_for_the_first_and_is_refused(issued):
    first, second = while_waiting(
        lambda: _rotate(issued), lambda: _rotate(issued), "apikeys_apikey"
    )

    assert isinstance(verify(first.token.text, AT), VerifiedKey)
    assert isinstance(second, RotationUnderWay)


def test_cancel_and_end_of_a_rotation_at_once_leave_one_secret(issued):
    _rotate(issued)

    results = at_once(
        lambda: cancel_rotation(issued.key.key_id, actor=OPERATOR, at=AT),
        lambda: end_rotation(issued.key.key_id, actor=OPERATOR, at=AT),
    )

    assert kinds(results) == ["ApiKey", "NoRotation"]
    assert KeySecret.objects.count() == 1


def test_two_creates_with_one_nonce_make_one_key():
    roles = [full_access()]

    results = at_once(
        *(lambda: IssuedFactory(at=AT, nonce="once", roles=roles) for _ in range(2))
    )

    assert kinds(results) == ["IssuedKey", "NonceUsed"]
    key = ApiKey.objects.get()
    (refused,) = [result for result in results if isinstance(result, NonceUsed)]
    assert refused.subject_id == key.key_id == UsedNonce.objects.get().subject_id
    assert (KeySecret.objects.count(), _actions()) == (1, ["key_created"])


def test_second_create_with_a_nonce_waits_for_the_first():
    roles = [full_access()]

    def create():
        return IssuedFactory(at=AT, nonce="once", roles=roles)

    first, second = while_waiting(create, create, "apikeys_usednonce")

    assert isinstance(second, NonceUsed)
    assert second.subject_id == first.key.key_id


def test_nonce_of_a_create_that_failed_serves_the_one_that_waited():
    roles = [full_access()]
    IssuedFactory(at=AT, fields__name="Taken")

    def create(name):
        return IssuedFactory(at=AT, nonce="once", roles=roles, fields__name=name)

    first, second = while_waiting(
        lambda: create("Taken"), lambda: create("Free"), "apikeys_usednonce"
    )

    assert isinstance(first, InvalidFields)
    assert UsedNonce.objects.get().subject_id == second.key.key_id


def test_two_creates_with_one_name_make_one_key():
    roles = [full_access()]

    results = at_once(
        *(
            lambda: IssuedFactory(at=AT, fields__name="Billing", roles=roles)
            for _ in range(2)
        )
    )

    assert kinds(results) == ["InvalidFields", "IssuedKey"]
    assert (ApiKey.objects.count(), _actions()) == (1, ["key_created"])


def test_second_create_with_a_name_waits_and_is_told_beside_the_field():
    roles = [full_access()]

    def create():
        return IssuedFactory(at=AT, fields__name="Billing", roles=roles)

    _, second = while_waiting(create, create, "apikeys_keysecret")

    assert isinstance(second, InvalidFields)
    assert second.errors == {"name": "A key of this type has this name already."}


def test_two_renames_to_one_name_leave_one(issued):
    other = IssuedFactory(at=AT, fields__name="Other")

    def rename(made):
        return update_key(
            made.key.key_id, fields=KeySettings("Same"), actor=OPERATOR, at=AT
        )

    # The second looks the name up while the first has written and not committed.
    first, second = while_waiting(
        lambda: rename(issued), lambda: rename(other), "apikeys_cacheversion"
    )

    assert first.name == "Same"
    assert isinstance(second, InvalidFields)
    assert second.errors == {"name": "A key of this type has this name already."}
    assert ApiKey.objects.get(name="Same").pk == issued.key.pk


def test_two_edits_of_one_version_do_not_overwrite_each_other(issued):
    def edit(note):
        return update_key(
            issued.key.key_id,
            fields=KeySettings("Billing", note=note),
            actor=OPERATOR,
            at=AT,
            expected_version=0,
        )

    results = at_once(lambda: edit("hers"), lambda: edit("his"))

    assert kinds(results) == ["ApiKey", "ChangedMeanwhile"]
    (winner,) = [made for made in results if not isinstance(made, ChangedMeanwhile)]
    stored = ApiKey.objects.get()
    assert (stored.note, stored.version) == (winner.note, 1)


def test_deletion_beside_an_edit_is_never_undone(issued):
    first, second = while_waiting(
        lambda: delete_key(issued.key.key_id, actor=OPERATOR, at=AT),
        lambda: update_key(
            issued.key.key_id, fields=KeySettings("x"), actor=OPERATOR, at=AT
        ),
        "apikeys_apikey",
    )

    assert (first.is_deleted, type(second)) == (True, UnknownKey)
    assert ApiKey.objects.get().deleted_at == AT


def test_two_deactivations_at_once_are_one(issued):
    results = at_once(
        *(
            lambda: deactivate_key(issued.key.key_id, actor=OPERATOR, at=AT)
            for _ in range(2)
        )
    )

    assert kinds(results) == ["AlreadySo", "ApiKey"]
    assert any(isinstance(result, AlreadySo) for result in results)
    assert _actions() == ["key_created", "key_deactivated"]


@pytest.mark.parametrize(
    "table", ["apikeys_cacheversion", "apikeys_keysecret", "auth_group"]
)
def test_deactivation_during_a_verify_wins(table, issued):
    """Whichever read of the verify it overtakes, the next call sees it."""
    key_cache.clear()
    overtaken: list[bool] = []

    def deactivate_meanwhile(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if f'FROM "{table}"' in sql and not overtaken:
            overtaken.append(True)
            at_once(lambda: deactivate_key(issued.key.key_id, actor=OPERATOR, at=AT))
        return result

    with connection.execute_wrapper(deactivate_meanwhile):
        verify(issued.token.text, AT)

    assert overtaken == [True]
    verified = verify(issued.token.text, AT)
    assert isinstance(verified, VerifiedKey)
    assert verified.grant.is_active is False


def test_deactivation_during_a_verify_wins_at_once_in_its_process(issued, settings):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 3600
    key_cache.clear()

    def deactivate_meanwhile(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if 'FROM "apikeys_cacheversion"' in sql and ApiKey.objects.get().is_active:
            at_once(lambda: deactivate_key(issued.key.key_id, actor=OPERATOR, at=AT))
        return result

    with connection.execute_wrapper(deactivate_meanwhile):
        verify(issued.token.text, AT)

    verified = verify(issued.token.text, AT)
    assert isinstance(verified, VerifiedKey)
    assert verified.grant.is_active is False


def test_many_verifies_beside_changes_end_in_the_last_state(issued, settings):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 3600
    stop = threading.Event()

    def verify_again():
        while not stop.is_set():
            verify(issued.token.text, AT)

    def change():
        try:
            for note in range(10):
                update_key(
                    issued.key.key_id,
                    fields=KeySettings("Billing", note=str(note)),
                    actor=OPERATOR,
                    at=AT,
                )
            deactivate_key(issued.key.key_id, actor=OPERATOR, at=AT)
        finally:
            stop.set()

    results = at_once(verify_again, verify_again, change)

    assert results == [None, None, None]
    verified = verify(issued.token.text, AT)
    assert isinstance(verified, VerifiedKey)
    assert verified.grant.is_active is False


def test_two_first_moves_of_the_version_both_count():
    CacheVersion.objects.all().delete()

    at_once(*(lambda: CacheVersion.objects.move(CacheName.KEYS) for _ in range(2)))

    assert CacheVersion.objects.current(CacheName.KEYS) == 2
