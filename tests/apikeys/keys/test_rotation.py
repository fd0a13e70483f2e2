from __future__ import annotations

from datetime import timedelta

import pytest

from apikeys.access import tokens
from apikeys.access.refusals import CREDENTIALS_INVALID
from apikeys.caching.models import CacheVersion
from apikeys.changes.actors import OPERATOR
from apikeys.changes.errors import (
    ChangedMeanwhile,
    InvalidFields,
    NonceUsed,
    PrivilegeEscalation,
)
from apikeys.choices import CacheName
from apikeys.keys.models import ApiKey
from apikeys.keys.rotation import (
    KeyNotUsable,
    NoRotation,
    RotationUnderWay,
    cancel_rotation,
    end_rotation,
    rotate_key,
)
from apikeys.keys.services import UnknownKey, activate_key, deactivate_key, delete_key
from apikeys.keys.verification import VerifiedKey, verify
from apikeys.organization.roles import PLUGIN_TOKEN_PERMISSIONS
from tests.factories import IssuedFactory, RoleFactory, person_actor

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
NOW = timedelta(0)


@pytest.fixture
def issued(at):
    return IssuedFactory(at=at, fields__name="Billing")


def _rotate(issued, at, overlap=DAY, actor=OPERATOR, **values):
    return rotate_key(issued.key.key_id, overlap=overlap, actor=actor, at=at, **values)


def _proves(token: tokens.Token, at) -> bool:
    verified = verify(token.text, at)
    assert isinstance(verified, VerifiedKey) or verified is CREDENTIALS_INVALID
    return isinstance(verified, VerifiedKey)


def test_both_secrets_prove_until_the_overlap_ends(issued, at):
    rotated = _rotate(issued, at)

    assert rotated.token.public_id == issued.token.public_id
    end = at + DAY
    moments = [at, end - MICROSECOND, end, end + MICROSECOND]
    assert [_proves(issued.token, moment) for moment in moments] == [
        True,
        True,
        False,
        False,
    ]
    assert all(_proves(rotated.token, moment) for moment in moments)


def test_rotation_at_once_ends_the_old_secret(issued, at):
    rotated = _rotate(issued, at, overlap=NOW)

    assert (_proves(issued.token, at), _proves(rotated.token, at)) == (False, True)
    assert issued.key.secrets.count() == 1


def test_rotation_writes_its_audit_entry(issued, at, last_entry):
    version = CacheVersion.objects.current(CacheName.KEYS)

    _rotate(issued, at, actor=person_actor(*PLUGIN_TOKEN_PERMISSIONS))

    assert last_entry() == {
        "at": at,
        "actor_kind": "person",
        "actor": "Ada",
        "address": "192.0.2.7",
        "action": "key_rotated",
        "subject_id": issued.key.key_id,
        "subject_name": "Billing",
        "changes": {"overlap_ends_at": [None, "2026-03-02T12:00:00+00:00"]},
    }
    assert CacheVersion.objects.current(CacheName.KEYS) == version + 1
    assert ApiKey.objects.get().version == 1


def test_rotation_changes_nothing_but_secrets(issued, at):
    before = ApiKey.objects.values().get()
    roles = list(issued.key.roles.all())

    _rotate(issued, at)

    assert ApiKey.objects.values().get() == before | {"version": 1}
    assert list(ApiKey.objects.get().roles.all()) == roles


@pytest.mark.parametrize(
    ("overlap", "is_refused"),
    [
        pytest.param(-MICROSECOND, True, id="a-microsecond-below-zero"),
        pytest.param(NOW, False, id="zero"),
        pytest.param(MICROSECOND, False, id="a-microsecond"),
        pytest.param(7 * DAY, False, id="seven-days"),
        pytest.param(7 * DAY + MICROSECOND, True, id="seven-days-and-a-microsecond"),
    ],
)
def test_overlap_is_between_zero_and_seven_days(overlap, is_refused, issued, at, rows):
    before = rows()

    if is_refused:
        with pytest.raises(InvalidFields, match="between 0 and 7 days"):
            _rotate(issued, at, overlap=overlap)
        assert rows() == before
    else:
        assert _proves(_rotate(issued, at, overlap=overlap).token, at)


def test_overlap_never_reaches_past_the_expiry(at, last_entry):
    issued = IssuedFactory(at=at, expires_at=at + DAY)

    _rotate(issued, at, overlap=7 * DAY)

    ends = [secret.expires_at for secret in issued.key.secrets.order_by("pk")]
    assert ends == [at + DAY, None]
    assert last_entry()["changes"] == {
        "overlap_ends_at": [None, "2026-03-02T12:00:00+00:00"]
    }


def test_key_that_never_expires_has_the_whole_overlap(at):
    issued = IssuedFactory(at=at, expires_at=None)

    _rotate(issued, at, overlap=7 * DAY)

    assert issued.key.secrets.order_by("pk")[0].expires_at == at + 7 * DAY


def test_second_rotation_meanwhile_is_refused(issued, at, rows):
    _rotate(issued, at)
    before = rows()

    for overlap in (NOW, DAY):
        with pytest.raises(RotationUnderWay, match="End it or cancel it"):
            _rotate(issued, at + DAY - MICROSECOND, overlap=overlap)

    assert rows() == before


def test_next_rotation_is_possible_when_the_overlap_has_ended(issued, at):
    second = _rotate(issued, at)

    third = _rotate(issued, at + DAY)

    later = at + DAY
    assert [_proves(made.token, later) for made in (issued, second, third)] == [
        False,
        True,
        True,
    ]
    assert issued.key.secrets.count() == 2


def test_cancelled_rotation_keeps_the_old_secret(issued, at, last_entry):
    rotated = _rotate(issued, at)

    cancel_rotation(
        issued.key.key_id,
        actor=person_actor(*PLUGIN_TOKEN_PERMISSIONS),
        at=at + DAY / 2,
    )

    for moment in (at + DAY / 2, at + 2 * DAY):
        assert _proves(issued.token, moment) is True
        assert _proves(rotated.token, moment) is False
    assert last_entry()["action"] == "rotation_cancelled"
    assert last_entry()["actor"] == "Ada"


def test_ended_rotation_keeps_the_new_secret(issued, at, last_entry):
    rotated = _rotate(issued, at)

    end_rotation(
        issued.key.key_id,
        actor=person_actor(*PLUGIN_TOKEN_PERMISSIONS),
        at=at + DAY / 2,
    )

    assert _proves(issued.token, at + DAY / 2) is False
    assert _proves(rotated.token, at + DAY / 2) is True
    assert last_entry()["action"] == "rotation_ended"
    assert last_entry()["actor"] == "Ada"


@pytest.mark.parametrize(
    "act", [cancel_rotation, end_rotation], ids=lambda act: act.__name__
)
def test_without_a_rotation_there_is_nothing_to(act, issued, at, rows):
    before = rows()
    with pytest.raises(NoRotation):
        act(issued.key.key_id, actor=OPERATOR, at=at)
    assert rows() == before

    _rotate(issued, at)
    before = rows()
    with pytest.raises(NoRotation):
        act(issued.key.key_id, actor=OPERATOR, at=at + DAY)
    assert rows() == before


def test_inactive_key_is_not_rotated(issued, at, rows):
    deactivate_key(issued.key.key_id, actor=OPERATOR, at=at)
    before = rows()

    with pytest.raises(KeyNotUsable):
        _rotate(issued, at, nonce="once")
    assert rows() == before

    activate_key(issued.key.key_id, actor=OPERATOR, at=at)
    assert _proves(_rotate(issued, at, nonce="once").token, at)


@pytest.mark.parametrize(
    ("offset", "is_refused"),
    [
        pytest.param(-MICROSECOND, False, id="a-microsecond-before-expiry"),
        pytest.param(NOW, True, id="at-expiry"),
        pytest.param(MICROSECOND, True, id="a-microsecond-after-expiry"),
    ],
)
def test_expired_key_is_not_rotated_into_life(offset, is_refused, issued, at, rows):
    before = rows()
    moment = issued.key.expires_at + offset

    if is_refused:
        with pytest.raises(KeyNotUsable):
            _rotate(issued, moment)
        assert rows() == before
    else:
        assert _proves(_rotate(issued, moment).token, moment)


@pytest.mark.parametrize("key_id", ["deleted", "unknown"])
def test_key_that_is(key_id, issued, at, rows):
    delete_key(issued.key.key_id, actor=OPERATOR, at=at)
    before = rows()
    name = issued.key.key_id if key_id == "deleted" else "kd_ZZZZZZZZZZZZZZZZ"

    with pytest.raises(UnknownKey):
        rotate_key(name, overlap=DAY, actor=OPERATOR, at=at)
    for act in (cancel_rotation, end_rotation):
        with pytest.raises(UnknownKey):
            act(name, actor=OPERATOR, at=at)

    assert rows() == before


def test_deactivation_and_deletion_end_both_secrets(issued, at):
    rotated = _rotate(issued, at)

    deactivate_key(issued.key.key_id, actor=OPERATOR, at=at)
    verified = verify(issued.token.text, at)
    assert isinstance(verified, VerifiedKey)
    assert verified.grant.is_active is False

    delete_key(issued.key.key_id, actor=OPERATOR, at=at)
    assert [_proves(made.token, at) for made in (issued, rotated)] == [False, False]


def test_replayed_nonce_makes_no_third_secret(issued, at, rows):
    _rotate(issued, at, nonce="once")
    before = rows()

    with pytest.raises(NonceUsed) as caught:
        _rotate(issued, at, nonce="once")

    assert caught.value.subject_id == issued.key.key_id
    assert rows() == before


def test_form_filled_in_before_another_change_is_refused(issued, at, rows):
    deactivate_key(issued.key.key_id, actor=OPERATOR, at=at)
    activate_key(issued.key.key_id, actor=OPERATOR, at=at)
    before = rows()

    with pytest.raises(ChangedMeanwhile):
        _rotate(issued, at, expected_version=0, nonce="once")
    assert rows() == before

    assert _proves(_rotate(issued, at, expected_version=2, nonce="once").token, at)


def test_secret_of_a_key_that_holds_more_than_the_actor_is_refused(at, rows):
    role = RoleFactory(permissions=["apikeys.view_apikey"])
    issued = IssuedFactory(at=at, roles=[role])
    before = rows()

    with pytest.raises(PrivilegeEscalation, match="view API keys"):
        _rotate(issued, at, actor=person_actor("apikeys.view_auditentry"))
    assert rows() == before

    rotated = _rotate(issued, at, actor=person_actor("apikeys.view_apikey"))
    assert _proves(rotated.token, at)
