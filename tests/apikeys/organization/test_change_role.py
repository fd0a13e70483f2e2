from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from apikeys.caching.models import CacheVersion
from apikeys.changes.actors import OPERATOR
from apikeys.changes.errors import InvalidFields, PrivilegeEscalation
from apikeys.choices import CacheName
from apikeys.keys.services import delete_key
from apikeys.keys.verification import VerifiedKey, verify
from apikeys.organization.services import (
    BuiltInRole,
    RoleInUse,
    change_role,
    create_role,
    delete_role,
)
from tests.factories import IssuedFactory, RoleFactory, permission, person_actor

pytestmark = pytest.mark.django_db

LOOK = "apikeys.view_apikey"
AUDIT = "apikeys.view_auditentry"


@pytest.fixture
def role():
    return RoleFactory(name="Support", permissions=[LOOK])


def _held(role: Group) -> set[str]:
    names = role.permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in names}


def _change(role, at, name="Support", permissions=(LOOK,), actor=OPERATOR):
    return change_role(
        role.pk, name=name, permissions=map(permission, permissions), actor=actor, at=at
    )


def test_role_is_created_with_its_audit_entry(at, last_entry):
    role = create_role(
        name="Support",
        permissions=[permission(LOOK), permission(AUDIT)],
        actor=person_actor(LOOK, AUDIT),
        at=at,
    )

    assert (role.name, _held(role)) == ("Support", {LOOK, AUDIT})
    assert last_entry() == {
        "at": at,
        "actor_kind": "person",
        "actor": "Ada",
        "address": "192.0.2.7",
        "action": "role_created",
        "subject_id": f"role {role.pk}",
        "subject_name": "Support",
        "changes": {"permissions": [[], [LOOK, AUDIT]]},
    }


def test_role_without_permissions_can_be_created(at, last_entry):
    role = create_role(name="Empty", permissions=[], actor=person_actor(), at=at)

    assert _held(role) == set()
    assert last_entry()["changes"] == {}


def test_taken_name_is_refused(role, at, rows):
    before = rows()

    with pytest.raises(InvalidFields, match="A role has this name already"):
        create_role(name="Support", permissions=[], actor=OPERATOR, at=at)
    with pytest.raises(InvalidFields, match="A role has this name already"):
        _change(RoleFactory(name="Sales"), at)

    Group.objects.get(name="Sales").delete()
    assert rows() == before


def test_role_that_holds_more_than_the_actor_is_refused(at, rows):
    before = rows()

    with pytest.raises(PrivilegeEscalation) as caught:
        create_role(
            name="Support",
            permissions=[permission(LOOK), permission(AUDIT)],
            actor=person_actor(LOOK),
            at=at,
        )

    assert str(caught.value) == (
        "You cannot grant permissions that you do not hold. Settings pages: view the"
        " audit trail."
    )
    assert rows() == before


def test_change_is_written_with_old_and_new_values(role, at, last_entry):
    version = CacheVersion.objects.current(CacheName.KEYS)

    _change(role, at, name="Help desk", permissions=[AUDIT])

    role.refresh_from_db()
    assert (role.name, _held(role)) == ("Help desk", {AUDIT})
    assert last_entry()["action"] == "role_changed"
    assert last_entry()["changes"] == {
        "name": ["Support", "Help desk"],
        "permissions": [[LOOK], [AUDIT]],
    }
    # Once for each permission set that came or went, and for the change.
    assert CacheVersion.objects.current(CacheName.KEYS) > version


def test_change_of_nothing_writes_nothing(role, at, rows):
    before = rows()

    _change(role, at)

    assert rows() == before


def test_change_that_adds_what_the_actor_lacks_is_refused(role, at, rows):
    before = rows()

    with pytest.raises(PrivilegeEscalation, match="view the audit trail"):
        _change(role, at, permissions=[LOOK, AUDIT], actor=person_actor(LOOK))

    assert rows() == before


def test_actor_may_keep_and_take_away_what_the_actor_lacks(role, at):
    _change(role, at, name="Help desk", actor=person_actor())
    assert _held(role) == {LOOK}

    _change(role, at, name="Help desk", permissions=[], actor=person_actor())
    assert _held(role) == set()


def test_change_of_a_role_changes_its_keys(role, at):
    issued = IssuedFactory(at=at, roles=[role])
    assert _permissions(issued, at) == {LOOK}

    _change(role, at, permissions=[AUDIT])

    assert _permissions(issued, at) == {AUDIT}


def _permissions(issued, at):
    verified = verify(issued.token.text, at)
    assert isinstance(verified, VerifiedKey)
    return verified.grant.permissions


def test_role_that_no_key_holds_is_deleted(role, at, last_entry):
    pk = role.pk

    delete_role(pk, actor=person_actor(), at=at)

    assert not Group.objects.filter(pk=pk).exists()
    assert last_entry()["action"] == "role_deleted"
    assert (last_entry()["subject_id"], last_entry()["subject_name"]) == (
        f"role {pk}",
        "Support",
    )


def test_role_of_a_key_is_not_deleted_even_after_the_key(role, at, rows):
    issued = IssuedFactory(at=at, roles=[role])
    delete_key(issued.key.key_id, actor=OPERATOR, at=at)
    before = rows()

    with pytest.raises(RoleInUse, match="1 key holds this role, deleted ones included"):
        delete_role(role.pk, actor=OPERATOR, at=at)

    assert rows() == before


@pytest.mark.parametrize("name", ["Administrator", "Account Reader", "Full access"])
def test_built_in_role_is_neither_changed_nor_deleted(name, at, rows):
    role = Group.objects.get(name=name)
    before = rows()

    with pytest.raises(BuiltInRole):
        _change(role, at)
    with pytest.raises(BuiltInRole):
        delete_role(role.pk, actor=OPERATOR, at=at)

    assert rows() == before
