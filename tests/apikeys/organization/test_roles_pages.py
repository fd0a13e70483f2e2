from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR
from apikeys.keys.services import delete_key
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory, PersonFactory, RoleFactory, permission

BUILT_IN = ("Administrator", "Account Reader", "Full access")
LOOK = "apikeys.view_apikey"


@pytest.fixture
def role(db):
    return RoleFactory(name="Bookkeeping", permissions=[LOOK])


def page_of(role, part="change/"):
    return f"{screens.ROLES}{role.pk}/{part}"


def form_of(name, *permissions):
    return {
        "name": name,
        "permissions": [str(permission(each).pk) for each in permissions],
    }


def test_the_list_counts_permissions_keys_and_people(as_reader, role):
    IssuedFactory.create_batch(2, roles=[role])
    PersonFactory(roles=["Bookkeeping"])

    response = as_reader.get(f"{screens.ROLES}?q=bookkeep")

    cells = [
        screens.text_of(response).split(f'field-{name}">')[1].partition("<")[0]
        for name in ("permission_count", "key_count", "person_count")
    ]
    assert screens.listed(response) == ["Bookkeeping"]
    assert cells == ["1", "2", "1"]


def test_built_in_roles_are_marked(as_reader, role):
    response = as_reader.get(screens.ROLES)

    assert screens.listed(response) == sorted([*BUILT_IN, "Bookkeeping"])
    assert screens.text_of(response).count(">Built in</span>") == 3


def test_the_list_takes_as_many_queries_with_more_roles(
    as_administrator, django_assert_num_queries, role
):
    with django_assert_num_queries(8):
        as_administrator.get(screens.ROLES)

    RoleFactory.create_batch(2)
    with django_assert_num_queries(8):
        as_administrator.get(screens.ROLES)


def test_a_role_is_made_and_audited(as_administrator):
    response = as_administrator.post(
        f"{screens.ROLES}add/", form_of("Auditors", LOOK, "auth.view_group")
    )

    role = Group.objects.get(name="Auditors")
    entry = AuditEntry.objects.get()
    assert response["Location"] == screens.ROLES
    assert set(role.permissions.all()) == {
        permission(LOOK),
        permission("auth.view_group"),
    }
    assert (entry.action, entry.actor, entry.subject_id, entry.subject_name) == (
        "role_created",
        "ada",
        f"role {role.pk}",
        "Auditors",
    )
    assert entry.changes == {"permissions": [[], [LOOK, "auth.view_group"]]}


def test_a_changed_role_is_audited_with_old_and_new(as_administrator, role):
    as_administrator.post(page_of(role), form_of("Clerks", "auth.view_group"))

    role.refresh_from_db()
    entry = AuditEntry.objects.get()
    assert role.name == "Clerks"
    assert (entry.action, entry.subject_name) == ("role_changed", "Clerks")
    assert entry.changes == {
        "name": ["Bookkeeping", "Clerks"],
        "permissions": [[LOOK], ["auth.view_group"]],
    }


def test_saving_a_role_without_a_change_writes_nothing(as_administrator, role):
    before = screens.state()

    as_administrator.post(page_of(role), form_of("Bookkeeping", LOOK))

    assert screens.state() == before


def test_a_changed_role_changes_what_its_keys_hold_at_once(
    as_administrator, client, role
):
    issued = IssuedFactory(roles=[role])
    headers = {"Authorization": f"Bearer {issued.token.text}"}

    def held():
        return client.get("/api/whoami", headers=headers).json()["permissions"]

    before = held()
    as_administrator.post(page_of(role), form_of("Bookkeeping", "auth.view_group"))

    assert (before, held()) == ([LOOK], ["auth.view_group"])


def test_a_changed_role_changes_what_its_people_see_at_once(
    as_administrator, client, role
):
    client.force_login(PersonFactory(roles=["Bookkeeping"]))
    before = client.get(screens.KEYS).status_code

    as_administrator.post(page_of(role), form_of("Bookkeeping"))

    assert (before, client.get(screens.KEYS).status_code) == (200, 403)


def test_the_page_says_how_far_a_change_reaches(as_administrator, role):
    IssuedFactory(roles=[role])

    text = screens.text_of(as_administrator.get(page_of(role)))

    assert "Held by keys: 1, by people: 0." in text


@pytest.mark.parametrize("name", ["", "Administrator", "Taken", "x" * 151, "a\x00b"])
def test_an_unfit_name_is_refused_beside_its_field(name, as_administrator, role):
    RoleFactory(name="Taken")
    before = screens.state()

    response = as_administrator.post(page_of(role), form_of(name, LOOK))

    assert list(screens.errors_beside_fields(response)) == ["name"]
    assert screens.state() == before


@pytest.mark.parametrize("value", ["999999", "x", "\x00", "9" * 40, "-1"])
def test_an_unknown_permission_is_refused(value, as_administrator, role):
    before = screens.state()

    response = as_administrator.post(
        page_of(role), {"name": "Bookkeeping", "permissions": [value]}
    )

    assert list(screens.errors_beside_fields(response)) == ["permissions"]
    assert screens.state() == before


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_role_can_only_be_looked_at(name, as_superuser):
    role = Group.objects.get(name=name)
    before = screens.state()

    page = as_superuser.get(page_of(role))
    answers = [
        as_superuser.post(page_of(role), form_of("Renamed")),
        as_superuser.get(page_of(role, "delete/")),
        as_superuser.post(page_of(role, "delete/"), {"post": "yes"}),
    ]

    main = screens.text_of(page).split('id="content"')[1]
    assert "<input" not in main.replace('<input type="hidden"', "")
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert screens.state() == before


def test_a_role_is_deleted_and_audited(as_administrator, role):
    response = as_administrator.post(page_of(role, "delete/"), {"post": "yes"})

    entry = AuditEntry.objects.get()
    assert response["Location"] == screens.ROLES
    assert not Group.objects.filter(name="Bookkeeping").exists()
    assert (entry.action, entry.subject_name) == ("role_deleted", "Bookkeeping")


def test_deleting_asks_first(as_administrator, role):
    response = as_administrator.get(page_of(role, "delete/"))

    assert "Delete role “Bookkeeping”?" in screens.text_of(response)
    assert Group.objects.filter(name="Bookkeeping").exists()


@pytest.mark.parametrize("is_deleted", [False, True], ids=["live", "deleted"])
def test_a_role_that_a_key_holds_cannot_be_deleted(is_deleted, as_administrator, role):
    key = IssuedFactory(roles=[role]).key
    if is_deleted:
        delete_key(key.key_id, actor=OPERATOR, at=timezone.now())
    before = screens.state()

    answers = [
        as_administrator.get(page_of(role, "delete/")),
        as_administrator.post(page_of(role, "delete/"), {"post": "yes"}),
    ]

    text = "1 key holds this role, deleted ones included. Delete and purge it first."
    assert [text in screens.text_of(answer) for answer in answers] == [True, True]
    assert 'name="post"' not in screens.text_of(answers[0])
    assert screens.state() == before


def test_several_roles_cannot_be_deleted_at_once(as_administrator, role):
    before = screens.state()

    as_administrator.post(
        screens.ROLES,
        {"action": "delete_selected", "_selected_action": [role.pk], "post": "yes"},
    )

    assert screens.state() == before


@pytest.mark.parametrize("pk", ["0", "x", "9" * 40, "a%00b", "1/../2"])
def test_a_role_that_does_not_exist_is_no_error(pk, as_administrator):
    before = screens.state()

    found = {
        as_administrator.get(f"{screens.ROLES}{pk}/change/").status_code,
        as_administrator.post(f"{screens.ROLES}{pk}/change/", {}).status_code,
    }

    assert found <= {302, 404}
    assert screens.state() == before
