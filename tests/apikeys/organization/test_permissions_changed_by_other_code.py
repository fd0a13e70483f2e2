"""Whoever changes what a role holds: the next call of its keys sees it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from apikeys.caching.models import CacheVersion
from apikeys.choices import CacheName
from apikeys.keys.cache import key_cache
from tests.factories import IssuedFactory, RoleFactory, permission

pytestmark = pytest.mark.django_db

NAME = "apikeys.view_plugintoken"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda role: role.permissions.clear(), id="clear"),
        pytest.param(lambda role: role.permissions.set([]), id="set"),
        pytest.param(
            lambda role: role.permissions.remove(permission(NAME)), id="remove"
        ),
        pytest.param(lambda role: permission(NAME).group_set.clear(), id="other-side"),
        pytest.param(
            lambda role: permission(NAME).group_set.remove(role),  # noqa: PLW0108 (asked for within the test)
            id="one-on-that-side",
        ),
    ],
)
def test_permission_taken_from_a_role_is_taken_from_its_keys(change):
    role = RoleFactory(permissions=[NAME])
    key = IssuedFactory(roles=[role]).key
    assert _held(key) == {NAME}

    change(Group.objects.get(pk=role.pk))

    assert _held(key) == set()


def test_permission_given_to_a_role_is_given_to_its_keys():
    role = RoleFactory()
    key = IssuedFactory(roles=[role]).key
    assert _held(key) == set()

    role.permissions.add(permission(NAME))

    assert _held(key) == {NAME}


def test_change_that_changes_nothing_leaves_what_is_remembered():
    role = RoleFactory(permissions=[NAME])
    before = CacheVersion.objects.current(CacheName.KEYS)

    role.permissions.set([permission(NAME)])

    assert CacheVersion.objects.current(CacheName.KEYS) == before


def _held(key):
    cached = key_cache.get(key.key_id)
    assert cached is not None
    return set(cached.grant.permissions)
