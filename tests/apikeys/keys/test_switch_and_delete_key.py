from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password

from apikeys.audit.models import AuditEntry
from apikeys.caching.models import CacheVersion
from apikeys.changes.actors import OPERATOR
from apikeys.changes.errors import InvalidFields, NonceUsed, PrivilegeEscalation
from apikeys.changes.models import UsedNonce
from apikeys.choices import CacheName
from apikeys.keys.models import ApiKey, KeyRole, KeySecret
from apikeys.keys.services import (
    AlreadySo,
    UnknownKey,
    activate_key,
    deactivate_key,
    delete_key,
    purge_deleted_keys,
    set_password,
)
from tests.factories import IssuedFactory, RoleFactory, person_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(at):
    return IssuedFactory(at=at, fields__name="Billing").key


@pytest.fixture
def portal(at):
    return IssuedFactory(
        at=at, key_type="webservice_standard", fields__name="Portal"
    ).key


def _version() -> int:
    return CacheVersion.objects.current(CacheName.KEYS)


def _entry(action, key, at, changes=None):
    return {
        "at": at,
        "actor_kind": "person",
        "actor": "Ada",
        "address": "192.0.2.7",
        "action": action,
        "subject_id": key.key_id,
        "subject_name": key.name,
        "changes": changes or {},
    }


def test_key_is_switched_off_and_on(key, at, last_entry):
    version = _version()

    deactivate_key(key.key_id, actor=person_actor(), at=at)
    assert ApiKey.objects.get().is_active is False
    assert last_entry() == _entry("key_deactivated", key, at)

    activate_key(key.key_id, actor=person_actor(), at=at)
    stored = ApiKey.objects.get()
    assert (stored.is_active, stored.version) == (True, 2)
    assert last_entry() == _entry("key_activated", key, at)
    assert _version() == version + 2


def test_switch_to_the_present_state_is_refused(key, at, rows):
    before = rows()

    with pytest.raises(AlreadySo, match="already active"):
        activate_key(key.key_id, actor=OPERATOR, at=at)
    assert rows() == before

    deactivate_key(key.key_id, actor=OPERATOR, at=at)
    before = rows()
    with pytest.raises(AlreadySo, match="already inactive"):
        deactivate_key(key.key_id, actor=OPERATOR, at=at)
    assert rows() == before


def test_deleted_key_is_a_tombstone_without_secrets(portal, at, last_entry):
    version = _version()

    delete_key(portal.key_id, actor=person_actor(), at=at)

    stored = ApiKey.objects.get()
    assert (stored.deleted_at, stored.is_active, stored.password) == (at, False, "")
    assert (stored.name, stored.key_id) == ("Portal", portal.key_id)
    assert list(KeySecret.objects.all()) == []
    assert last_entry() == _entry("key_deleted", portal, at)
    assert _version() == version + 1


@pytest.mark.parametrize(
    "act",
    [activate_key, deactivate_key, delete_key, set_password],
    ids=lambda act: act.__name__,
)
def test_deleted_key_stays_deleted(act, portal, at, rows):
    delete_key(portal.key_id, actor=OPERATOR, at=at)
    before = rows()

    with pytest.raises(UnknownKey, match="no key with this ID, or it is deleted"):
        act(portal.key_id, actor=OPERATOR, at=at)

    assert rows() == before


def test_purge_removes_old_tombstones_and_keeps_their_entries(key, portal, at):
    day = timedelta(days=1)
    recent = IssuedFactory(at=at).key
    delete_key(key.key_id, actor=OPERATOR, at=at)
    delete_key(recent.key_id, actor=OPERATOR, at=at + day)

    purged = purge_deleted_keys(
        deleted_before=at + day, actor=person_actor(), at=at + 2 * day
    )

    assert purged == [key.key_id]
    assert list(ApiKey.objects.order_by("pk")) == [portal, recent]
    entries = AuditEntry.objects.filter(subject_id=key.key_id).order_by("pk")
    assert list(entries.values_list("action", "subject_name", "at")) == [
        ("key_created", "Billing", at),
        ("key_deleted", "Billing", at),
        ("key_purged", "Billing", at + 2 * day),
    ]


def test_purge_of_nothing_writes_nothing(key, at, rows):
    before = rows()

    assert purge_deleted_keys(deleted_before=at, actor=OPERATOR, at=at) == []

    assert rows() == before


def test_purge_takes_nonces_as_old_with_it(at):
    day = timedelta(days=1)
    IssuedFactory(at=at, nonce="old")
    IssuedFactory(at=at + day, nonce="new")

    purge_deleted_keys(deleted_before=at + day, actor=OPERATOR, at=at + 2 * day)

    assert list(UsedNonce.objects.values_list("nonce", flat=True)) == ["new"]


def test_new_password_replaces_the_old_one(portal, at, last_entry):
    version = _version()

    made = set_password(portal.key_id, actor=person_actor(), at=at)

    stored = ApiKey.objects.get()
    assert len(made) >= 24
    assert check_password(made, stored.password)
    assert stored.version == 1
    assert last_entry() == _entry(
        "key_changed", portal, at, {"password": ["set", "set anew"]}
    )
    assert _version() == version + 1


def test_password_of_ones_own_is_taken(portal, at):
    assert set_password(portal.key_id, actor=OPERATOR, at=at, password="pass") == "pass"

    assert check_password("pass", ApiKey.objects.get().password)


def test_password_of_a_type_without_one_is_refused(key, at, rows):
    before = rows()

    with pytest.raises(InvalidFields, match="have no password"):
        set_password(key.key_id, actor=OPERATOR, at=at)

    assert rows() == before


def test_replayed_nonce_sets_no_second_password(portal, at, rows):
    set_password(portal.key_id, actor=OPERATOR, at=at, nonce="once")
    before = rows()

    with pytest.raises(NonceUsed) as caught:
        set_password(portal.key_id, actor=OPERATOR, at=at, nonce="once")

    assert caught.value.subject_id == portal.key_id
    assert rows() == before


def test_password_of_a_key_that_holds_more_than_the_actor_is_refused(at, rows):
    role = RoleFactory(permissions=["apikeys.view_apikey"])
    portal = ApiKey(
        key_id="kd_0123456789ABCDEF", key_type="manage_consents", name="Consents"
    )
    portal.save()
    KeyRole.objects.fix(portal, [role])
    before = rows()

    with pytest.raises(PrivilegeEscalation):
        set_password(portal.key_id, actor=person_actor(), at=at)

    assert rows() == before
