from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, models, transaction

from apikeys.keys.models import ApiKey, FixedAfterCreation, KeyRole
from tests.factories import IssuedFactory, LocationFactory, RoleFactory, full_access

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, tzinfo=UTC)
OTHER_VALUES: dict[str, Any] = {
    "key_id": "kd_ZZZZZZZZZZZZZZZZ",
    "key_type": "v2",
    "expires_at": AT + timedelta(days=1000),
    "created_at": AT - timedelta(days=1),
    "created_by": "Mallory",
}


@pytest.fixture
def key():
    return IssuedFactory(at=AT).key


def _values(key: ApiKey) -> dict[str, Any]:
    return dict(ApiKey.objects.values().get(pk=key.pk))


def _role_names(key: ApiKey) -> list[str]:
    return sorted(role.name for role in Group.objects.filter(keys=key))


def test_every_field_of_the_table_is_fixed_or_editable():
    names = {field.name for field in ApiKey._meta.concrete_fields}

    assert names - ApiKey.FIXED_FIELDS == {
        "last_used_at",
        "last_used_address",
        "id",
        "name",
        "is_active",
        "networks",
        "endpoints",
        "read_only",
        "public_url",
        "password",
        "accepts_parameters",
        "note",
        "deleted_at",
        "version",
    }
    assert {*OTHER_VALUES, "location"} == ApiKey.FIXED_FIELDS


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_save_refuses_another_value_of(name, key):
    before = _values(key)
    setattr(key, name, OTHER_VALUES[name])

    with pytest.raises(FixedAfterCreation, match=name):
        key.save()
    with pytest.raises(FixedAfterCreation, match=name):
        key.save(update_fields=[name])

    assert _values(key) == before


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_queryset_update_refuses(name, key):
    before = _values(key)

    with pytest.raises(FixedAfterCreation):
        ApiKey.objects.filter(pk=key.pk).update(
            **{name: OTHER_VALUES[name], "note": "x"}
        )
    with pytest.raises(FixedAfterCreation):
        ApiKey.objects.update(**{name: models.F(name)})

    assert _values(key) == before


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_bulk_update_refuses(name, key):
    before = _values(key)
    setattr(key, name, OTHER_VALUES[name])

    with pytest.raises(FixedAfterCreation):
        _in_savepoint(ApiKey.objects.bulk_update, [key], [name])

    assert _values(key) == before


def test_location_is_fixed_on_every_way(key):
    before = _values(key)
    location = LocationFactory()
    key.location = location

    with pytest.raises(FixedAfterCreation, match="location_id"):
        key.save()
    with pytest.raises(FixedAfterCreation):
        ApiKey.objects.update(location=location)
    with pytest.raises(FixedAfterCreation):
        ApiKey.objects.update(location_id=location.pk)
    with pytest.raises(FixedAfterCreation):
        _in_savepoint(ApiKey.objects.bulk_update, [key], ["location"])
    with pytest.raises(FixedAfterCreation):
        _in_savepoint(location.keys.add, key)
    with pytest.raises(FixedAfterCreation):
        _in_savepoint(location.keys.set, [key])

    assert _values(key) == before


def test_object_built_anew_with_the_same_number_replaces_no_key(key):
    before = _values(key)
    impostor = ApiKey(pk=key.pk, **OTHER_VALUES, name="Mallory's")

    with pytest.raises(IntegrityError):
        _in_savepoint(impostor.save)

    assert _values(key) == before


def test_bulk_create_replaces_no_key(key):
    before = _values(key)
    impostor = ApiKey(**{**OTHER_VALUES, "key_id": key.key_id}, name="Mallory's")

    with pytest.raises(FixedAfterCreation):
        ApiKey.objects.bulk_create(
            [impostor],
            update_conflicts=True,
            unique_fields=["key_id"],
            update_fields=["key_type", "expires_at"],
        )

    assert _values(key) == before


def test_update_or_create_refuses_a_fixed_field(key):
    before = _values(key)

    with pytest.raises(FixedAfterCreation):
        ApiKey.objects.update_or_create(
            key_id=key.key_id, defaults={"expires_at": OTHER_VALUES["expires_at"]}
        )

    assert _values(key) == before


def test_save_of_editable_fields_is_let_through(key):
    key.note = "changed"
    key.save()
    ApiKey.objects.filter(pk=key.pk).update(public_url="https://crm.example")

    key.refresh_from_db()
    assert (key.note, key.public_url) == ("changed", "https://crm.example")


def test_loaded_in_part_key_can_still_be_saved(key):
    part = ApiKey.objects.only("note").get(pk=key.pk)
    part.note = "changed"
    part.save()

    assert _values(key)["note"] == "changed"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda key, role: key.roles.add(role), id="add"),
        pytest.param(lambda key, role: key.roles.set([role]), id="set"),
        pytest.param(lambda key, role: key.roles.set([]), id="set-nothing"),
        pytest.param(lambda key, role: key.roles.remove(full_access()), id="remove"),
        pytest.param(lambda key, role: key.roles.clear(), id="clear"),
        pytest.param(lambda key, role: key.roles.create(name="new"), id="create"),
        pytest.param(lambda key, role: role.keys.add(key), id="add-from-the-role"),
        pytest.param(lambda key, role: role.keys.set([key]), id="set-from-the-role"),
        pytest.param(
            lambda key, role: full_access().keys.clear(), id="clear-from-the-role"
        ),
        pytest.param(
            lambda key, role: KeyRole(key=key, role=role).save(), id="save-a-row"
        ),
        pytest.param(
            lambda key, role: KeyRole.objects.create(key=key, role=role),
            id="create-a-row",
        ),
        pytest.param(
            lambda key, role: KeyRole.objects.bulk_create(
                [KeyRole(key=key, role=role)]
            ),
            id="bulk-create",
        ),
        pytest.param(
            lambda key, role: KeyRole.objects.update(role=role), id="update-rows"
        ),
        pytest.param(
            lambda key, role: KeyRole.objects.bulk_update(
                [_with_role(key.key_roles.get(), role)], ["role"]
            ),
            id="bulk-update",
        ),
        pytest.param(
            lambda key, role: KeyRole.objects.all().delete(), id="delete-rows"
        ),
        pytest.param(lambda key, role: key.key_roles.get().delete(), id="delete-a-row"),
        pytest.param(
            lambda key, role: _with_role(key.key_roles.get(), role).save(),
            id="save-another-role",
        ),
        pytest.param(
            lambda key, role: IssuedFactory().key.key_roles.add(key.key_roles.get()),
            id="move-a-row-to-another-key",
        ),
        pytest.param(
            lambda key, role: role.key_roles.add(key.key_roles.get()),
            id="move-a-row-to-another-role",
        ),
        pytest.param(
            lambda key, role: KeyRole.objects.fix(key, [role]), id="fix-once-more"
        ),
        pytest.param(
            lambda key, role: KeyRole.objects.fix(ApiKey.objects.get(), [role]),
            id="fix-a-loaded-key",
        ),
    ],
)
def test_roles_are_fixed_on_the_way_of(change, key):
    role = RoleFactory(name="Other")

    with pytest.raises(FixedAfterCreation):
        _in_savepoint(lambda: change(key, role))

    assert _role_names(key) == ["Full access"]


def test_roles_stay_fixed_after_another_save(key):
    key.note = "changed"
    key.save()

    with pytest.raises(FixedAfterCreation):
        KeyRole.objects.fix(key, [RoleFactory()])

    assert _role_names(key) == ["Full access"]


def test_role_of_a_key_cannot_be_deleted(key):
    with pytest.raises(models.ProtectedError):
        full_access().delete()
    with pytest.raises(models.ProtectedError):
        Group.objects.all().delete()

    assert _role_names(key) == ["Full access"]


def test_location_of_a_key_cannot_be_deleted():
    location = LocationFactory()
    key = IssuedFactory(location=location).key

    with pytest.raises(models.ProtectedError):
        location.delete()

    assert _values(key)["location_id"] == location.pk


@pytest.mark.parametrize(
    "delete",
    [
        pytest.param(lambda key: key.delete(), id="row"),
        pytest.param(lambda key: ApiKey.objects.all().delete(), id="queryset"),
        pytest.param(
            lambda key: ApiKey.objects.filter(pk=key.pk).delete(), id="filtered"
        ),
    ],
)
def test_key_is_not_deleted_past_the_services(delete, key):
    with pytest.raises(FixedAfterCreation):
        delete(key)

    assert list(ApiKey.objects.all()) == [key]


def _with_role(row: KeyRole, role: Group) -> KeyRole:
    row.role = role
    return row


def _in_savepoint(action, *args):
    with transaction.atomic():
        action(*args)
