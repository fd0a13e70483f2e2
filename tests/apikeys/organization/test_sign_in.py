from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth import get_user, get_user_model
from django.contrib.auth.hashers import get_hasher
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from apikeys.organization.models import Person
from tests.apikeys.pages import screens

pytestmark = pytest.mark.django_db

LOGIN = "/settings/login/"
PASSWORD = "a long and good password"


@pytest.fixture
def ada():
    return _person("ada", "Ada@Example.com", display_name="Ada Lovelace")


def _person(username, email="", password=PASSWORD, **given):
    people = get_user_model().objects
    return people.create_user(username, email, password, is_staff=True, **given)


def _sign_in(client, name, password=PASSWORD):
    """Return who is signed in after the sign-in page was sent, if anybody."""
    client.post(LOGIN, {"username": name, "password": password})
    person = get_user(client)
    return person if person.is_authenticated else None


@pytest.mark.parametrize(
    "name", ["ada", "Ada@example.com", "ada@example.com", "ADA@EXAMPLE.COM"]
)
def test_person_signs_in_with_user_name_or_email(name, client, ada):
    assert _sign_in(client, name) == ada


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("ada@example.com", "wrong", id="wrong-password"),
        pytest.param("ADA", PASSWORD, id="user-name-in-another-case"),
        pytest.param("ada@example.co", PASSWORD, id="part-of-an-address"),
        pytest.param("%@example.com", PASSWORD, id="pattern"),
        pytest.param("ada@example.com ,", PASSWORD, id="more-than-an-address"),
        pytest.param("Ada Lovelace", PASSWORD, id="display-name"),
        pytest.param("", PASSWORD, id="empty"),
    ],
)
def test_sign_in_is_refused(name, password, client, ada):
    _person("nobody-has-an-address")

    assert _sign_in(client, name, password) is None


@pytest.mark.parametrize("lacking", ["is_active", "is_staff"])
def test_email_lets_in_nobody_whom_the_user_name_does_not(lacking, client, ada):
    setattr(ada, lacking, False)
    ada.save()

    assert _sign_in(client, "ada@example.com") is None
    assert _sign_in(client, "ada") is None


def test_user_name_wins_over_the_email_of_another_person(client, ada):
    namesake = _person("ada@example.com", password="another good password")

    assert _sign_in(client, "ada@example.com") is None
    assert _sign_in(client, "ada@example.com", "another good password") == namesake


@pytest.mark.parametrize("name", ["ada", "ada@example.com", "nobody", "no@example.com"])
def test_each_refusal_costs_one_password_hash(name, client, ada, monkeypatch):
    hasher = type(get_hasher())
    work: list[str] = []
    # Argon2 calculates in both: to make a hash, and to compare with one.
    for step in ("encode", "verify"):
        _record_calls(monkeypatch, hasher, step, work)

    assert _sign_in(client, name, "wrong") is None
    assert len(work) == 1


def _record_calls(monkeypatch, hasher, step, calls):
    function = getattr(hasher, step)

    def recorded(self, *args, **kwargs):
        calls.append(step)
        return function(self, *args, **kwargs)

    monkeypatch.setattr(hasher, step, recorded)


def test_sign_in_page_asks_for_either(client, ada):
    page = screens.text_of(client.get(LOGIN))
    refused = screens.text_of(client.post(LOGIN, {"username": "x", "password": "y"}))

    assert '<label for="id_username">User name or e-mail<' in page
    assert 'maxlength="254"' in page
    assert "correct user name or e-mail and password" in refused


def test_header_shows_the_display_name_and_whose_account_it_is(client, ada):
    _sign_in(client, "ada@example.com")

    text = screens.text_of(client.get("/settings/"))

    assert '<span class="name">Ada Lovelace</span>' in text
    assert "<p>ada<small>Ada Lovelace</small></p>" in text


def test_header_shows_the_user_name_of_a_person_without_another(client):
    _person("bob")
    _sign_in(client, "bob")

    text = screens.text_of(client.get("/settings/"))

    assert '<span class="name">bob</span>' in text
    assert "<p>bob</p>" in text


def test_domain_of_an_email_is_stored_in_lower_case(ada):
    assert _person("eve", "Eve@EXAMPLE.Com").email == "Eve@example.com"


def test_many_people_have_no_email():
    _person("one")
    _person("two")
    get_user_model().objects.create_user("three")

    assert Person.objects.filter(email="").count() == 3


@pytest.mark.parametrize("create", ["create_user", "create_superuser"])
def test_email_of_another_person_is_refused_in_any_case(create, ada):
    with pytest.raises(ValidationError, match="has this e-mail address already"):
        getattr(Person.objects, create)("eve", "ADA@example.COM", PASSWORD)

    assert list(Person.objects.all()) == [ada]


def test_database_refuses_a_second_person_of_one_email(ada):
    with pytest.raises(IntegrityError):
        Person.objects.create(username="eve", email="ADA@example.com")


def test_form_refuses_the_email_of_another_person(ada):
    with pytest.raises(ValidationError) as refusal:
        Person(username="eve", email="ADA@example.com", password="x").full_clean()

    assert refusal.value.messages == ["A person has this e-mail address already."]


def test_createsuperuser_refuses_the_email_of_another_person(ada):
    with pytest.raises(CommandError, match="has this e-mail address already"):
        _createsuperuser("ada@EXAMPLE.com")

    assert list(Person.objects.all()) == [ada]


def test_createsuperuser_creates_a_person(ada):
    _createsuperuser("grace@example.com")

    assert Person.objects.get(is_superuser=True).email == "grace@example.com"


def _createsuperuser(email):
    arguments = {"username": "grace", "email": email, "interactive": False}
    call_command("createsuperuser", **arguments, stdout=StringIO())
