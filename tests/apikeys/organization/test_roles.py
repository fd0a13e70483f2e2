from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from apikeys.caching.models import CacheVersion
from apikeys.choices import CacheName
from apikeys.organization import roles
from tests.factories import RoleFactory, permission

pytestmark = pytest.mark.django_db

LOOK = {"apikeys.view_apikey", "apikeys.view_auditentry", "auth.view_group"}


def _held(name: str) -> set[str]:
    return set(roles.permissions_of(Group.objects.filter(name=name)))


def test_built_in_roles_hold_what_they_are_for():
    records = set(map(roles.permission_name, roles.record_permissions()))

    assert _held("Administrator") == LOOK | {"apikeys.manage_apis"} | records
    assert _held("Account Reader") == LOOK
    assert _held("Full access") == records


def test_full_access_holds_nothing_on_keys_roles_or_people():
    held = _held("Full access") - roles.PLUGIN_TOKEN_PERMISSIONS
    apps = {name.partition(".")[0] for name in held}

    assert not apps & {"apikeys", "auth", "admin", "contenttypes", "sessions"}


def test_full_access_holds_every_permission_on_plugin_tokens():
    grantable = set(map(roles.permission_name, roles.grantable_permissions()))

    assert _held("Full access") >= roles.PLUGIN_TOKEN_PERMISSIONS
    assert grantable >= roles.PLUGIN_TOKEN_PERMISSIONS


def test_only_permissions_with_an_effect_can_be_granted():
    names = set(map(roles.permission_name, roles.grantable_permissions()))

    assert names >= LOOK | {"apikeys.manage_apis"}
    assert not names & {
        "apikeys.add_person",
        "apikeys.add_apikey",
        "apikeys.delete_apikey",
    }


def test_migrate_puts_a_changed_built_in_role_right_and_moves_the_version():
    role = Group.objects.get(name="Account Reader")
    role.permissions.set([permission("apikeys.add_person")])
    before = CacheVersion.objects.current(CacheName.KEYS)

    call_command("migrate", verbosity=0)

    assert _held("Account Reader") == LOOK
    assert CacheVersion.objects.current(CacheName.KEYS) > before


def test_migrate_again_changes_nothing():
    own = RoleFactory(name="Own", permissions=["auth.view_group"])
    before = CacheVersion.objects.current(CacheName.KEYS)

    call_command("migrate", verbosity=0)

    assert CacheVersion.objects.current(CacheName.KEYS) == before
    assert _held(own.name) == {"auth.view_group"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Administrator", True),
        ("administrator", False),
        ("Support", False),
        ("", False),
    ],
)
def test_built_in_role_is_known_by_name(name, expected):
    assert roles.is_built_in(name) is expected


def test_roles_together_hold_the_union():
    first = RoleFactory(permissions=["apikeys.view_apikey"])
    second = RoleFactory(permissions=["auth.view_group"])

    assert roles.permissions_of([first, second]) == {
        "apikeys.view_apikey",
        "auth.view_group",
    }
    assert roles.permissions_of([]) == frozenset()
