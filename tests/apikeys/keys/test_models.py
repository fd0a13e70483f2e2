from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from apikeys.changes.actors import OPERATOR
from apikeys.changes.models import UsedNonce
from apikeys.keys.models import ApiKey, KeySecret
from apikeys.keys.services import deactivate_key, delete_key
from apikeys.organization.models import Location
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("offset", "is_expired"),
    [
        pytest.param(-MICROSECOND, False, id="a-microsecond-before"),
        pytest.param(timedelta(0), True, id="at-the-instant"),
        pytest.param(MICROSECOND, True, id="a-microsecond-after"),
    ],
)
def test_expiry_is_exact_in_row_and_query(offset, is_expired):
    key = IssuedFactory(at=AT, expires_at=AT + timedelta(days=1)).key
    at = AT + timedelta(days=1) + offset

    assert key.is_expired(at) is is_expired
    assert key.is_usable(at) is not is_expired
    assert ApiKey.objects.expired(at).exists() is is_expired
    assert ApiKey.objects.usable(at).exists() is not is_expired


def test_querysets_name_their_keys():
    usable = IssuedFactory(at=AT, expires_at=None).key
    inactive = IssuedFactory(at=AT, expires_at=None).key
    deleted = IssuedFactory(at=AT, expires_at=None).key
    expired = IssuedFactory(at=AT, expires_at=AT + MICROSECOND).key
    any_address = IssuedFactory(at=AT, expires_at=None, fields__networks=()).key
    deactivate_key(inactive.key_id, actor=OPERATOR, at=AT)
    delete_key(deleted.key_id, actor=OPERATOR, at=AT)
    later = AT + timedelta(hours=1)

    keys = ApiKey.objects.order_by("pk")
    assert list(keys.present()) == [usable, inactive, expired, any_address]
    assert list(keys.usable(later)) == [usable, any_address]
    assert list(keys.expired(later)) == [expired]
    assert list(keys.open_to_any_address()) == [any_address]
    assert list(keys.deleted_before(AT)) == []
    assert list(keys.deleted_before(AT + MICROSECOND)) == [deleted]


def test_database_refuses_a_second_newest_secret():
    key = IssuedFactory().key

    with pytest.raises(IntegrityError), transaction.atomic():
        KeySecret.objects.create(key=key, digest="0" * 64, pepper=1)

    assert key.secrets.count() == 1


def test_database_refuses_a_second_key_of_type_and_name():
    key = IssuedFactory(fields__name="Billing").key

    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.create(
            key_id="kd_1", key_type="v1", name="Billing", created_by="x"
        )

    assert list(ApiKey.objects.all()) == [key]


@pytest.mark.parametrize(
    ("ends", "is_live"),
    [
        pytest.param(None, True, id="no-end"),
        pytest.param(AT + MICROSECOND, True, id="ends-a-microsecond-later"),
        pytest.param(AT, False, id="ends-this-instant"),
        pytest.param(AT - MICROSECOND, False, id="ended"),
    ],
)
def test_secret_lives_until_its_end(ends, is_live):
    secret = IssuedFactory().key.secrets.get()
    secret.expires_at = ends
    secret.save()

    assert secret.is_live(AT) is is_live
    assert KeySecret.objects.live(AT).exists() is is_live


def test_rows_are_shown_without_their_secrets():
    issued = IssuedFactory(fields__name="Billing", nonce="once")
    secret = issued.key.secrets.get()

    assert str(issued.key) == "Billing"
    assert str(secret) == f"secret {secret.pk} of key {issued.key.pk}"
    assert secret.digest not in repr(secret)
    assert str(UsedNonce.objects.get()) == f"nonce of {issued.key.key_id}"
    assert str(issued.key.key_roles.get()).startswith(f"{issued.key.pk} ")


def test_location_is_shown_by_its_name():
    assert str(Location(name="North")) == "North"


def test_new_rows_can_be_made_in_bulk():
    ApiKey.objects.bulk_create(
        ApiKey(key_id=f"kd_{n}", key_type="v1", name=str(n), created_by="x")
        for n in range(2)
    )

    assert list(ApiKey.objects.order_by("pk").values_list("name", flat=True)) == [
        "0",
        "1",
    ]
