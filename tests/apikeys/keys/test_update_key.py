from __future__ import annotations

from dataclasses import replace

import pytest

from apikeys.caching.models import CacheVersion
from apikeys.changes.actors import OPERATOR
from apikeys.changes.errors import ChangedMeanwhile, InvalidFields
from apikeys.choices import CacheName
from apikeys.keys.models import ApiKey
from apikeys.keys.services import UnknownKey, delete_key, update_key
from apikeys.keys.values import KeySettings
from tests.factories import IssuedFactory, person_actor

pytestmark = pytest.mark.django_db

BEFORE = KeySettings(name="Billing", networks=("192.0.2.0/24",), note="old")
AFTER = KeySettings(
    name="Books",
    networks=("198.51.100.0/24", "2001:db8::/32"),
    endpoints=("/api/egress/leads",),
    read_only=True,
    accepts_parameters=True,
    note="new",
)


@pytest.fixture
def key(at):
    return IssuedFactory(at=at, fields=BEFORE).key


def _update(key, at, fields=AFTER, **values):
    return update_key(key.key_id, fields=fields, actor=OPERATOR, at=at, **values)


def test_editable_fields_are_changed(key, at):
    updated = _update(key, at)

    stored = ApiKey.objects.get()
    assert KeySettings.of(stored) == KeySettings.of(updated) == AFTER
    assert stored.version == key.version + 1


def test_audit_entry_holds_old_and_new_values(key, at, last_entry):
    update_key(key.key_id, fields=AFTER, actor=person_actor(), at=at)

    assert last_entry() == {
        "at": at,
        "actor_kind": "person",
        "actor": "Ada",
        "address": "192.0.2.7",
        "action": "key_changed",
        "subject_id": key.key_id,
        "subject_name": "Books",
        "changes": {
            "name": ["Billing", "Books"],
            "networks": [["192.0.2.0/24"], ["198.51.100.0/24", "2001:db8::/32"]],
            "endpoints": [[], ["/api/egress/leads"]],
            "read_only": [False, True],
            "accepts_parameters": [False, True],
            "note": ["old", "new"],
        },
    }


def test_update_moves_the_version(key, at):
    before = CacheVersion.objects.current(CacheName.KEYS)

    _update(key, at)

    assert CacheVersion.objects.current(CacheName.KEYS) == before + 1


def test_update_that_changes_nothing_writes_nothing(key, at, rows):
    before = rows()

    assert _update(key, at, fields=BEFORE) == key

    assert rows() == before


def test_secrets_expiry_and_roles_stay_as_they_were(key, at):
    secret = key.secrets.values().get()
    roles = list(key.roles.all())

    _update(key, at)

    stored = ApiKey.objects.get()
    assert stored.secrets.values().get() == secret
    assert (stored.expires_at, list(stored.roles.all())) == (key.expires_at, roles)


def test_expired_key_can_be_renamed(key, at):
    updated = _update(key, key.expires_at)

    assert updated.name == "Books"


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        pytest.param(
            replace(AFTER, name=""), {"name": "A key needs a name."}, id="no-name"
        ),
        pytest.param(
            replace(AFTER, public_url="https://x.example"),
            {"public_url": "Keys of this type do not have this field."},
            id="hidden-field",
        ),
    ],
)
def test_misfits_are_refused(fields, errors, key, at, rows):
    before = rows()

    with pytest.raises(InvalidFields) as caught:
        _update(key, at, fields=fields)

    assert caught.value.errors == errors
    assert rows() == before


def test_networks_of_an_sms_key_cannot_be_emptied(at, rows):
    key = IssuedFactory(key_type="sms", at=at, fields__name="Texts").key
    before = rows()

    with pytest.raises(InvalidFields, match="at least one allowed network"):
        _update(key, at, fields=KeySettings(name="Texts"))

    assert rows() == before


def test_name_of_another_key_is_refused(key, at, rows):
    IssuedFactory(at=at, fields__name="Books")
    before = rows()

    with pytest.raises(InvalidFields, match="has this name already"):
        _update(key, at)

    assert rows() == before


def test_name_of_a_deleted_key_is_free(key, at):
    other = IssuedFactory(at=at, fields__name="Books").key
    delete_key(other.key_id, actor=OPERATOR, at=at)

    assert _update(key, at).name == "Books"


def test_form_filled_in_before_another_change_is_refused(key, at, rows):
    _update(key, at, fields=replace(BEFORE, note="hers"), expected_version=0)
    before = rows()

    with pytest.raises(ChangedMeanwhile):
        _update(key, at, expected_version=0)
    assert rows() == before

    assert _update(key, at, expected_version=1).name == "Books"


@pytest.mark.parametrize("key_id", ["kd_ZZZZZZZZZZZZZZZZ", "", "\u00e9", "%"])
def test_unknown_key_is_refused(key_id, key, at, rows):
    before = rows()

    with pytest.raises(UnknownKey):
        update_key(key_id, fields=AFTER, actor=OPERATOR, at=at)

    assert rows() == before


def test_deleted_key_is_refused(key, at, rows):
    delete_key(key.key_id, actor=OPERATOR, at=at)
    before = rows()

    with pytest.raises(UnknownKey):
        _update(key, at)

    assert rows() == before
