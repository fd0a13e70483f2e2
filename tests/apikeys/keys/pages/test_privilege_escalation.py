from __future__ import annotations

import pytest
from django.test import Client

from apikeys.keys.models import ApiKey
from tests.apikeys.pages import screens
from tests.factories import (
    IssuedFactory,
    PersonFactory,
    RoleFactory,
    full_access,
    permission,
)

LACKING = "You cannot grant permissions that you do not hold. People: change."


@pytest.fixture
def strong_role(db):
    """A role that holds what no administrator holds."""
    return RoleFactory(name="People", permissions=["apikeys.change_person"])


@pytest.fixture
def strong_key(strong_role):
    return IssuedFactory(fields__name="Strong", roles=[strong_role]).key


@pytest.fixture
def as_mere_manager(db) -> Client:
    """Somebody who may manage APIs and holds nothing else."""
    manages = RoleFactory(name="Managers", permissions=["apikeys.manage_apis"])
    client = Client()
    client.force_login(PersonFactory(username="max", roles=[manages.name]))
    return client


def test_nobody_makes_a_key_that_holds_more_than_they(as_administrator, strong_role):
    before = screens.state()

    response = as_administrator.post(
        screens.ADD,
        screens.issue_form(roles=[str(full_access().pk), str(strong_role.pk)]),
    )

    assert screens.errors_beside_fields(response) == {"": [LACKING]}
    assert 'id="token"' not in screens.text_of(response)
    assert screens.state() == before


def test_a_superuser_makes_the_same_key(as_superuser, strong_role):
    as_superuser.post(screens.ADD, screens.issue_form(roles=[str(strong_role.pk)]))

    assert list(ApiKey.objects.get().roles.all()) == [strong_role]


def test_nobody_gets_the_new_token_of_a_key_that_holds_more(
    as_administrator, strong_key
):
    before = screens.state()

    response = as_administrator.post(
        screens.page_of(strong_key, "rotate/"), screens.rotate_form(strong_key)
    )

    assert screens.errors_beside_fields(response) == {"": [LACKING]}
    assert screens.state() == before


def test_a_key_that_holds_more_can_still_be_switched_off_and_deleted(
    as_administrator, strong_key
):
    as_administrator.post(screens.page_of(strong_key, "deactivate/"))
    as_administrator.post(
        screens.page_of(strong_key, "delete/"), {"typed_name": "Strong"}
    )

    strong_key.refresh_from_db()
    assert (strong_key.is_active, strong_key.is_deleted) == (False, True)


def test_a_right_that_a_role_gains_later_stops_the_rotation(as_administrator, db):
    role = RoleFactory(name="Grows")
    key = IssuedFactory(roles=[role]).key
    role.permissions.add(permission("apikeys.change_person"))

    response = as_administrator.post(
        screens.page_of(key, "rotate/"), screens.rotate_form(key)
    )

    assert screens.errors_beside_fields(response) == {"": [LACKING]}


@pytest.mark.parametrize("path", ["add/", "change"])
def test_nobody_puts_into_a_role_what_they_do_not_hold(path, as_mere_manager):
    role = RoleFactory(name="Bookkeeping")
    path = "add/" if path == "add/" else f"{role.pk}/change/"
    before = screens.state()

    response = as_mere_manager.post(
        f"{screens.ROLES}{path}",
        {
            "name": "Mine",
            "permissions": [permission("apikeys.view_auditentry").pk],
        },
    )

    assert screens.errors_beside_fields(response) == {
        "permissions": [
            "You do not hold this yourself. Settings pages: view the audit trail."
        ]
    }
    assert screens.state() == before


@pytest.mark.parametrize("name", ["apikeys.change_person", "apikeys.change_apikey"])
def test_a_permission_that_is_not_offered_cannot_be_smuggled_in(name, as_superuser, db):
    before = screens.state()

    response = as_superuser.post(
        f"{screens.ROLES}add/", {"name": "Mine", "permissions": [permission(name).pk]}
    )

    assert list(screens.errors_beside_fields(response)) == ["permissions"]
    assert screens.state() == before


def test_what_a_role_holds_already_may_stay_or_go(as_mere_manager):
    role = RoleFactory(
        name="Both", permissions=["apikeys.view_auditentry", "auth.view_group"]
    )

    as_mere_manager.post(
        f"{screens.ROLES}{role.pk}/change/",
        {"name": "Both", "permissions": [permission("auth.view_group").pk]},
    )

    assert list(role.permissions.all()) == [permission("auth.view_group")]


@pytest.mark.parametrize(
    "field", ["user", "user_set", "is_superuser", "groups", "is_staff", "user_total"]
)
def test_a_role_form_reaches_no_person(field, as_administrator, administrator):
    role = RoleFactory(name="Bookkeeping")

    as_administrator.post(
        f"{screens.ROLES}{role.pk}/change/",
        {"name": "Renamed", "permissions": [], field: [str(administrator.pk)]},
    )

    administrator.refresh_from_db()
    assert administrator.is_superuser is False
    assert [group.name for group in administrator.groups.all()] == ["Administrator"]
    assert list(role.user_set.all()) == []


def test_people_are_not_managed_by_djangos_own_pages(as_superuser):
    paths = ("auth/user/", "auth/user/add/", "auth/user/1/password/", "sites/site/")

    assert {as_superuser.get(f"/settings/{path}").status_code for path in paths} == {
        404
    }
