from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apikeys.access import tokens
from apikeys.access.refusals import CREDENTIALS_INVALID
from apikeys.changes.actors import OPERATOR
from apikeys.checks import check_digests_have_their_pepper
from apikeys.keys.models import KeySecret
from apikeys.keys.rotation import rotate_key
from apikeys.keys.services import delete_key
from apikeys.keys.verification import VerifiedKey, verify
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OLD, NEW = "old-pepper-" * 4, "new-pepper-" * 4


@pytest.fixture
def issued(settings):
    settings.API_KEY_PEPPERS = {1: OLD}
    return IssuedFactory(at=AT)


def _proves(token) -> bool:
    return isinstance(verify(token.text, AT), VerifiedKey)


def _warnings() -> list[tuple[str, str]]:
    found = check_digests_have_their_pepper(databases=["default"])
    return [(str(message.id), message.msg) for message in found]


def test_old_digest_still_proves_beside_a_newer_pepper(issued, settings):
    settings.API_KEY_PEPPERS = {1: OLD, 2: NEW}
    newer = IssuedFactory(at=AT)

    assert (_proves(issued.token), _proves(newer.token)) == (True, True)
    assert list(KeySecret.objects.order_by("pk").values_list("pepper", flat=True)) == [
        1,
        2,
    ]


def test_rotation_signs_with_the_newest_pepper(issued, settings):
    settings.API_KEY_PEPPERS = {1: OLD, 2: NEW}

    rotated = rotate_key(
        issued.key.key_id, overlap=timedelta(days=1), actor=OPERATOR, at=AT
    )

    assert (_proves(issued.token), _proves(rotated.token)) == (True, True)
    newest = KeySecret.objects.get(expires_at=None)
    assert (newest.pepper, newest.digest) == (2, tokens.digest(rotated.token, NEW))


def test_removed_pepper_is_a_plain_refusal_and_a_warning_with_the_number(
    issued, settings
):
    IssuedFactory(at=AT)
    deleted = IssuedFactory(at=AT)
    delete_key(deleted.key.key_id, actor=OPERATOR, at=AT)
    settings.API_KEY_PEPPERS = {2: NEW}
    newer = IssuedFactory(at=AT)

    assert verify(issued.token.text, AT) is CREDENTIALS_INVALID
    assert _proves(newer.token) is True
    assert _warnings() == [
        (
            "apikeys.W001",
            "2 keys were made under a pepper that is no longer in"
            " API_KEY_PEPPERS; their calls get 401.",
        )
    ]


def test_key_in_rotation_is_counted_once(issued, settings):
    rotate_key(issued.key.key_id, overlap=timedelta(days=1), actor=OPERATOR, at=AT)
    settings.API_KEY_PEPPERS = {2: NEW}

    assert [text.split()[0] for _, text in _warnings()] == ["1"]


def test_pepper_put_back_serves_again(issued, settings):
    settings.API_KEY_PEPPERS = {2: NEW}
    assert _proves(issued.token) is False

    settings.API_KEY_PEPPERS = {1: OLD, 2: NEW}

    assert _proves(issued.token) is True
    assert _warnings() == []


def test_changed_text_of_a_pepper_is_a_plain_refusal(issued, settings):
    settings.API_KEY_PEPPERS = {1: NEW}

    assert verify(issued.token.text, AT) is CREDENTIALS_INVALID


def test_digest_made_with_the_stand_in_for_a_missing_pepper_proves_nothing(
    issued, settings
):
    KeySecret.objects.update(digest=tokens.digest(issued.token, "none"), pepper=9)

    assert verify(issued.token.text, AT) is CREDENTIALS_INVALID


def test_no_pepper_at_all_refuses_to_make_keys_and_every_call(issued, settings):
    settings.API_KEY_PEPPERS = {}

    assert verify(issued.token.text, AT) is CREDENTIALS_INVALID
    with pytest.raises(tokens.NoPepper):
        IssuedFactory(at=AT)
    assert [text.split()[0] for _, text in _warnings()] == ["1"]
