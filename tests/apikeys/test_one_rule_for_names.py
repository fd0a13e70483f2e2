"""Every name has one rule: what it may hold, and when two names are the same."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.changes.errors import InvalidFields
from apikeys.keys.models import ApiKey
from apikeys.keys.services import update_key
from apikeys.keys.values import KeySettings
from apikeys.organization import services as role_services
from apikeys.organization.models import Location, Person
from apikeys.plugin_tokens.models import PluginToken
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory, LocationFactory, RoleFactory
from tests.plugin_tokens import make_token

pytestmark = pytest.mark.django_db

ODD = ["a\u202eb", "a\u2028b", "open\u200b", "a\x00b"]
SAME = ["OPEN", "ｏｐｅｎ", "oPeN"]  # noqa: RUF001
TEXT = "Use letters, digits and signs in one line."
TOKENS = "/settings/apikeys/plugintoken/"


@pytest.mark.parametrize("name", ODD)
def test_odd_name_is_refused_on_every_screen(name, as_administrator, key):
    before = screens.state()
    forms = {
        screens.ADD: screens.issue_form(name=name),
        screens.page_of(key): screens.edit_form(key, name=name),
        f"{screens.ROLES}add/": {"name": name},
        f"{TOKENS}add/": {"name": name, "domains": "a.com", "nonce": screens.nonce()},
    }

    answers = [as_administrator.post(path, form) for path, form in forms.items()]

    # Django's own text fields refuse NUL before.
    errors = [screens.errors_beside_fields(answer)["name"] for answer in answers]
    assert errors == [[TEXT]] * 4 or "\0" in name
    assert all(errors)
    assert screens.state() == before


@pytest.mark.parametrize("name", ODD)
def test_odd_name_is_refused_by_services_commands_and_api(name, api, key):
    with pytest.raises(InvalidFields, match="one line"):
        IssuedFactory(fields__name=name)
    with pytest.raises(InvalidFields, match="one line"):
        _create_role(name)
    with pytest.raises(CommandError, match="one line"):
        call_command("create_plugin_token", name, "a.com")
    answer = api("post", "/api/api-tokens", {"name": name, "domains": "a.com"})
    assert (answer.status_code, answer.json()["message"]) == (422, TEXT)


@pytest.mark.parametrize("name", ODD)
def test_odd_name_of_people_and_locations_is_refused(name):
    with pytest.raises(ValidationError, match="one line"):
        Person.objects.create_user(name)
    with pytest.raises(ValidationError, match="one line"):
        Person.objects.create_user("ada", display_name=name)
    with pytest.raises(ValidationError, match=r"one line|Null"):
        Person(username="ada", password="x", first_name=name).full_clean()
    with pytest.raises(ValidationError, match=r"one line|Null"):
        Location(name=name).full_clean()
    assert Person.objects.count() == 0


@pytest.mark.parametrize("name", SAME)
def test_key_of_the_same_name_is_refused(name, as_administrator, db):
    IssuedFactory(fields__name="open")

    answer = as_administrator.post(screens.ADD, screens.issue_form(name=name))

    assert screens.errors_beside_fields(answer) == {
        "name": ["A key of this type has this name already, written “open”."]
    }
    assert ApiKey.objects.count() == 1


def test_key_may_change_the_case_of_its_own_name(at):
    key = IssuedFactory(fields__name="open").key

    update_key(key.key_id, fields=KeySettings("Open"), actor=OPERATOR, at=at)

    assert ApiKey.objects.get().name == "Open"


def test_key_cannot_take_the_name_of_another_by_a_change(at):
    IssuedFactory(fields__name="open")
    key = IssuedFactory(fields__name="shut").key

    with pytest.raises(InvalidFields, match="written “open”"):
        update_key(key.key_id, fields=KeySettings("OPEN"), actor=OPERATOR, at=at)


@pytest.mark.parametrize("name", SAME)
def test_plugin_token_of_the_same_name_is_refused(name, api):
    make_token("open")
    before = list(PluginToken.objects.values())

    answer = api("post", "/api/api-tokens", {"name": name, "domains": "a.com"})

    assert answer.status_code == 422
    assert answer.json()["errors"] == {
        "name": ["A plugin token has this name already, written “open”."]
    }
    assert list(PluginToken.objects.values()) == before


@pytest.mark.parametrize("name", ["administrator", "ＡDMINISTRATOR", "full  access"])  # noqa: RUF001
def test_role_that_reads_as_a_built_in_one_is_refused(name, as_administrator):
    roles = Group.objects.count()

    answer = as_administrator.post(f"{screens.ROLES}add/", {"name": name})
    with pytest.raises(InvalidFields, match="A role has this name already"):
        _create_role(name)

    assert screens.errors_beside_fields(answer) == {
        "name": ["A built-in role has this name."]
    }
    assert Group.objects.count() == roles


@pytest.mark.parametrize("name", SAME)
def test_role_of_the_same_name_is_refused(name, as_administrator):
    RoleFactory(name="open")

    answer = as_administrator.post(f"{screens.ROLES}add/", {"name": name})

    assert screens.errors_beside_fields(answer) == {
        "name": ["A role has this name already, written “open”."]
    }


@pytest.mark.parametrize("name", SAME)
def test_person_or_location_of_the_same_name_is_refused(name):
    Person.objects.create_user("open")
    LocationFactory(name="open")

    with pytest.raises(ValidationError, match="written “open”"):
        Person.objects.create_user(name)
    # Django itself brings user names into NFKC there.
    with pytest.raises(ValidationError, match=r"written “open”|already exists"):
        Person(username=name, password="x").full_clean()
    with pytest.raises(ValidationError, match="written “open”"):
        Location(name=name).full_clean()


def test_person_and_location_stay_themselves():
    person = Person.objects.create_user("open", display_name="Ada  Lovelace")
    location = LocationFactory(name="open")
    person.username, location.name = "Open", "Open"

    person.clean()
    location.full_clean()


def _create_role(name):
    return role_services.create_role(
        name=name, permissions=[], actor=OPERATOR, at=timezone.now()
    )
