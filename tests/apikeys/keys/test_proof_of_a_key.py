"""Which texts prove a key, before and after its token has proved itself once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
from django.conf import settings
from hypothesis import HealthCheck, assume, example, given
from hypothesis import strategies as st

from apikeys.access import tokens
from apikeys.access.refusals import CREDENTIALS_INVALID, CREDENTIALS_MALFORMED, Refusal
from apikeys.caching.models import CacheVersion
from apikeys.changes.actors import OPERATOR
from apikeys.choices import CacheName
from apikeys.keys.models import KeySecret
from apikeys.keys.services import deactivate_key, delete_key, purge_deleted_keys
from apikeys.keys.verification import VerifiedKey, verify
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def issued():
    return IssuedFactory(at=AT, fields__name="Billing")


def _prove(token):
    assert isinstance(verify(token.text, AT), VerifiedKey)


def _other_secret(issued):
    return tokens.with_new_secret(issued.token.public_id)


def _unknown(issued):
    return tokens.generate()


def _deleted(issued):
    delete_key(issued.key.key_id, actor=OPERATOR, at=AT)
    return issued.token


def _purged(issued):
    token = _deleted(issued)
    purge_deleted_keys(deleted_before=AT + timedelta(days=1), actor=OPERATOR, at=AT)
    return token


def _secret_of_another_key(issued):
    other = IssuedFactory(at=AT).token
    return tokens.Token(issued.token.public_id, other.secret)


def _digest_copied_to_another_row(issued):
    other = IssuedFactory(at=AT)
    KeySecret.objects.filter(key=other.key).update(
        digest=KeySecret.objects.get(key=issued.key).digest
    )
    return tokens.Token(other.token.public_id, issued.token.secret)


@pytest.mark.parametrize(
    "attack",
    [
        _other_secret,
        _unknown,
        _deleted,
        _purged,
        _secret_of_another_key,
        _digest_copied_to_another_row,
    ],
    ids=lambda attack: attack.__name__.strip("_"),
)
def test_same_refusal_is_given_to(attack, issued):
    _prove(issued.token)

    assert verify(attack(issued).text, AT) is CREDENTIALS_INVALID


@pytest.mark.parametrize("proved_before", [False, True])
def test_stored_digest_is_no_secret(proved_before, issued):
    if proved_before:
        _prove(issued.token)
    text = f"{issued.token.public_id}_{KeySecret.objects.get().digest}"

    assert verify(text, AT) is CREDENTIALS_MALFORMED


def test_proof_is_made_once_for_each_time_that_the_row_is_read(issued, monkeypatch):
    proofs: list[str] = []
    digest = tokens.digest

    def counted(token, pepper):
        proofs.append(token.public_id)
        return digest(token, pepper)

    monkeypatch.setattr(tokens, "digest", counted)
    for _ in range(3):
        _prove(issued.token)
    CacheVersion.objects.move(CacheName.KEYS)
    for _ in range(3):
        _prove(issued.token)

    assert proofs == [issued.key.key_id] * 2


def test_proof_does_not_outlive_the_digest_that_it_was_made_against(issued):
    _prove(issued.token)
    other = tokens.with_new_secret(issued.token.public_id)
    _replace_digest(issued, other)

    assert verify(issued.token.text, AT) is CREDENTIALS_INVALID
    assert isinstance(verify(other.text, AT), VerifiedKey)


def _replace_digest(issued, token) -> None:
    (_, pepper), *_ = settings.API_KEY_PEPPERS.items()
    KeySecret.objects.filter(key=issued.key).update(digest=tokens.digest(token, pepper))
    CacheVersion.objects.move(CacheName.KEYS)


@given(tail=st.text() | st.binary().map(lambda tail: tail.decode("latin-1")))
@example(tail="")
@example(tail="\ud800")
@example(tail="\udc80")
@example(tail="?")
@hypothesis.settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_other_text_is_taken_for_a_token_that_has_proved_itself(tail, issued):
    """The key's own ID, then anything: what is remembered must not be fooled."""
    _prove(issued.token)
    assume(tail != issued.token.secret)
    text = f"{issued.token.public_id}_{tail}"

    refusal = verify(text, AT)
    assert isinstance(refusal, Refusal)
    assert refusal.code in (CREDENTIALS_MALFORMED.code, CREDENTIALS_INVALID.code)


def test_one_other_character_is_never_taken_for_a_proved_token(issued):
    _prove(issued.token)
    text = issued.token.text

    for position, character in enumerate(text):
        other = "1" if character != "1" else "2"
        refusal = verify(text[:position] + other + text[position + 1 :], AT)
        assert refusal in (CREDENTIALS_MALFORMED, CREDENTIALS_INVALID), position


def test_secret_of_an_inactive_or_expired_key_is_still_proved(issued):
    deactivate_key(issued.key.key_id, actor=OPERATOR, at=AT)

    verified = verify(issued.token.text, AT + timedelta(days=9999))

    assert isinstance(verified, VerifiedKey)
    assert verified.secret.pk == KeySecret.objects.get().pk
