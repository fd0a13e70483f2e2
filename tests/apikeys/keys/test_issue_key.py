from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password

from apikeys.access import tokens
from apikeys.caching.models import CacheVersion
from apikeys.changes.actors import OPERATOR
from apikeys.changes.errors import InvalidFields, NonceUsed, PrivilegeEscalation
from apikeys.changes.models import UsedNonce
from apikeys.choices import CacheName
from apikeys.keys.models import ApiKey, KeySecret
from apikeys.keys.services import delete_key, issue_key
from apikeys.keys.values import KeySettings
from apikeys.organization.roles import PLUGIN_TOKEN_PERMISSIONS
from tests.factories import (
    LocationFactory,
    RoleFactory,
    full_access,
    person_actor,
)

pytestmark = pytest.mark.django_db

FIELDS = KeySettings(
    name="Billing",
    networks=("192.0.2.0/24",),
    endpoints=("GET /api/egress/*",),
    read_only=True,
    accepts_parameters=True,
    note="for the books",
)


def _issue(at, **values):
    given = {
        "key_type": "v1",
        "fields": FIELDS,
        "roles": [full_access()],
        "expires_at": None,
        "actor": OPERATOR,
        "at": at,
    }
    return issue_key(**(given | values))


def test_issued_key_is_stored_with_all_that_was_given(at):
    location = LocationFactory(name="North")
    expires_at = at + timedelta(days=30)

    issued = _issue(at, location=location, expires_at=expires_at)

    key = ApiKey.objects.get()
    assert issued.key == key
    assert key.key_id == issued.token.public_id
    assert (key.key_type, key.location, key.expires_at) == ("v1", location, expires_at)
    assert KeySettings.of(key) == FIELDS
    assert list(key.roles.all()) == [full_access()]
    assert (key.created_at, key.created_by) == (at, "operator")
    assert (key.is_active, key.deleted_at, key.version) == (True, None, 0)
    assert (key.password, issued.password) == ("", "")


def test_only_a_digest_under_the_newest_pepper_is_stored(at, settings):
    settings.API_KEY_PEPPERS = {1: "a" * 32, 3: "newest-" * 6, 2: "c" * 32}

    issued = _issue(at)

    secret = KeySecret.objects.get()
    assert secret.digest == tokens.digest(issued.token, "newest-" * 6)
    assert (secret.pepper, secret.key) == (3, issued.key)
    assert (secret.created_at, secret.expires_at, secret.last_used_at) == (
        at,
        None,
        None,
    )


def test_audit_entry_tells_who_made_what(at, last_entry):
    location = LocationFactory(name="North")
    actor = person_actor(*PLUGIN_TOKEN_PERMISSIONS)

    issued = _issue(
        at, location=location, expires_at=at + timedelta(days=30), actor=actor
    )

    assert last_entry() == {
        "at": at,
        "actor_kind": "person",
        "actor": "Ada",
        "address": "192.0.2.7",
        "action": "key_created",
        "subject_id": issued.key.key_id,
        "subject_name": "Billing",
        "changes": {
            "type": [None, "v1"],
            "name": [None, "Billing"],
            "networks": [None, ["192.0.2.0/24"]],
            "endpoints": [None, ["GET /api/egress/*"]],
            "read_only": [None, True],
            "accepts_parameters": [None, True],
            "note": [None, "for the books"],
            "roles": [None, ["Full access"]],
            "location": [None, "North"],
            "expires_at": [None, "2026-03-31T12:00:00+00:00"],
        },
    }


def test_issue_moves_the_version(at):
    before = CacheVersion.objects.current(CacheName.KEYS)

    _issue(at)

    assert CacheVersion.objects.current(CacheName.KEYS) == before + 1


@pytest.mark.parametrize(
    "key_type", ["webservice_standard", "webservice_premium", "manage_consents"]
)
def test_application_gets_a_random_password_that_is_stored_hashed(
    key_type, at, last_entry
):
    fields = KeySettings(name="Portal", public_url="https://portal.example")

    first = _issue(at, key_type=key_type, fields=fields, roles=[])

    key = ApiKey.objects.get()
    assert len(first.password) >= 24
    assert key.password.startswith("argon2")
    assert check_password(first.password, key.password)
    assert last_entry()["changes"]["password"] == [None, "set"]


def test_given_password_is_taken(at):
    issued = _issue(
        at,
        key_type="manage_consents",
        fields=KeySettings(name="Consents"),
        roles=[],
        password="correct horse",
    )

    assert issued.password == "correct horse"
    assert check_password("correct horse", ApiKey.objects.get().password)


def test_issued_values_never_show_a_secret(at):
    issued = _issue(
        at,
        key_type="sms",
        fields=KeySettings(name="Texts", networks=("::1/128",)),
        roles=[],
    )

    assert repr(issued) == str(issued) == f"<IssuedKey {issued.key.key_id}>"


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        pytest.param(
            {"roles": []},
            {"roles": "Keys of this type need at least one role."},
            id="v1-without-role",
        ),
        pytest.param(
            {"key_type": "v2", "roles": []},
            {"roles": "Keys of this type need at least one role."},
            id="v2-without-role",
        ),
        pytest.param(
            {"password": "x"},
            {"password": "Keys of this type do not have this field."},
            id="password-of-v1",
        ),
        pytest.param(
            {"fields": KeySettings(name="a", public_url="https://x.example")},
            {"public_url": "Keys of this type do not have this field."},
            id="public-url-of-v1",
        ),
        pytest.param(
            {"key_type": "sms", "fields": KeySettings(name="Texts"), "roles": []},
            {"networks": "Keys of this type need at least one allowed network."},
            id="sms-without-network",
        ),
        pytest.param(
            {"fields": KeySettings(name="  ")},
            {"name": "A key needs a name."},
            id="blank-name",
        ),
        pytest.param(
            {
                "key_type": "webservice_premium",
                "fields": KeySettings(name="a:b"),
                "roles": [],
            },
            {"name": "The name of a key with an application password has no colon."},
            id="colon-in-the-name-of-an-application",
        ),
    ],
)
def test_misfits_are_refused(values, errors, at, rows):
    before = rows()

    with pytest.raises(InvalidFields) as caught:
        _issue(at, **values)

    assert caught.value.errors == errors
    assert str(caught.value) == " ".join(errors.values())
    assert rows() == before


@pytest.mark.parametrize(
    ("seconds", "is_refused"),
    [
        pytest.param(-1, True, id="past"),
        pytest.param(0, True, id="this-instant"),
        pytest.param(0.000001, False, id="a-microsecond-ahead"),
    ],
)
def test_expiry_must_lie_ahead(seconds, is_refused, at, rows):
    before = rows()
    expires_at = at + timedelta(seconds=seconds)

    if is_refused:
        with pytest.raises(InvalidFields, match="The expiry is in the past"):
            _issue(at, expires_at=expires_at)
        assert rows() == before
    else:
        assert _issue(at, expires_at=expires_at).key.expires_at == expires_at


def test_name_is_unique_in_its_type_among_keys_that_are_not_deleted(at, rows):
    first = _issue(at)
    _issue(at, key_type="v2")
    before = rows()

    with pytest.raises(InvalidFields) as caught:
        _issue(at)
    assert caught.value.errors == {"name": "A key of this type has this name already."}
    assert rows() == before

    delete_key(first.key.key_id, actor=OPERATOR, at=at)
    second = _issue(at)
    assert list(ApiKey.objects.present().filter(key_type="v1")) == [second.key]


def test_two_tombstones_may_have_one_name(at):
    for _ in range(2):
        delete_key(_issue(at).key.key_id, actor=OPERATOR, at=at)

    assert ApiKey.objects.filter(name="Billing").count() == 2


def test_role_with_a_permission_that_the_actor_lacks_is_refused(at, rows):
    role = RoleFactory(permissions=["apikeys.view_auditentry", "apikeys.view_apikey"])
    before = rows()

    with pytest.raises(PrivilegeEscalation) as caught:
        _issue(at, roles=[role], actor=person_actor("apikeys.view_apikey"))

    assert str(caught.value) == (
        "You cannot grant permissions that you do not hold. Settings pages: view the"
        " audit trail."
    )
    assert rows() == before


def test_role_that_the_actor_holds_wholly_is_granted(at):
    role = RoleFactory(permissions=["apikeys.view_apikey"])

    issued = _issue(at, roles=[role], actor=person_actor("apikeys.view_apikey"))

    assert list(issued.key.roles.all()) == [role]


def test_same_role_twice_is_held_once(at):
    issued = _issue(at, roles=[full_access(), full_access()])

    assert list(issued.key.roles.all()) == [full_access()]


def test_replayed_nonce_makes_no_second_key(at, rows):
    first = _issue(at, nonce="n" * 43)
    before = rows()

    with pytest.raises(NonceUsed) as caught:
        _issue(at, nonce="n" * 43, fields=KeySettings(name="Other"))

    assert caught.value.subject_id == first.key.key_id
    assert first.key.key_id in str(caught.value)
    assert rows() == before


def test_nonce_of_a_refused_form_can_be_used_again(at):
    with pytest.raises(InvalidFields):
        _issue(at, nonce="n" * 43, roles=[])
    _issue(at)
    with pytest.raises(InvalidFields):
        _issue(at, nonce="n" * 43)

    issued = _issue(at, nonce="n" * 43, fields=KeySettings(name="Other"))

    assert UsedNonce.objects.get().subject_id == issued.key.key_id


def test_no_nonce_is_none(at):
    _issue(at, nonce="")
    _issue(at, nonce="", fields=KeySettings(name="Other"))

    assert list(UsedNonce.objects.all()) == []
