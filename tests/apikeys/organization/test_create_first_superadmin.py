from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from apikeys.management.commands import create_first_superadmin

pytestmark = pytest.mark.django_db


def test_first_superadmin_can_sign_in_with_the_printed_password(client):
    output = _run()

    lines = dict(line.split(": ") for line in output.splitlines())
    assert lines.keys() == {"username", "password"}
    assert len(lines["password"]) == 20
    assert client.login(**lines)
    assert get_user_model().objects.get().is_superuser


def test_existing_superadmin_is_enough(admin_user):
    assert _run() == ""

    assert list(get_user_model().objects.all()) == [admin_user]


def test_run_that_loses_the_race_prints_no_password(monkeypatch):
    _run()
    answers = iter([False, True])
    monkeypatch.setattr(
        create_first_superadmin, "_superadmin_exists", lambda: next(answers)
    )

    assert _run() == ""

    assert get_user_model().objects.count() == 1


def test_name_taken_by_another_person_is_refused(django_user_model):
    person = django_user_model.objects.create_user("superadmin")

    with pytest.raises(CommandError, match="who is no superadmin"):
        _run()

    assert list(django_user_model.objects.filter(is_superuser=True)) == []
    assert list(django_user_model.objects.all()) == [person]


def test_superadmin_with_an_email_can_sign_in_with_it(client):
    output = _run("--email", "Root@EXAMPLE.com")

    lines = dict(line.split(": ") for line in output.splitlines())
    assert list(lines) == ["username", "e-mail", "password"]
    assert lines["e-mail"] == get_user_model().objects.get().email == "Root@example.com"
    assert client.login(username="root@example.com", password=lines["password"])


def test_person_is_told_that_the_email_signs_in_too():
    talk = StringIO()

    call_command(
        "create_first_superadmin", email="a@b.example", stdout=StringIO(), stderr=talk
    )

    assert "Sign in with the user name or the e-mail address." in talk.getvalue()


@pytest.mark.parametrize("email", ["root", "root@", "a@b.example, c@d.example"])
def test_what_is_no_email_is_refused(email):
    with pytest.raises(CommandError, match="--email"):
        _run("--email", email)

    assert not get_user_model().objects.exists()


def test_email_of_another_person_is_refused(django_user_model):
    person = django_user_model.objects.create_user("ada", "ada@example.com")

    with pytest.raises(CommandError, match="has this e-mail address already"):
        _run("--email", "ADA@example.com")

    assert list(django_user_model.objects.all()) == [person]


def test_existing_superadmin_keeps_their_email(admin_user):
    assert _run("--email", "other@example.com") == ""

    assert get_user_model().objects.get().email == "admin@example.com"


def _run(*arguments: str) -> str:
    output = StringIO()
    call_command(
        "create_first_superadmin", *arguments, stdout=output, stderr=StringIO()
    )
    return output.getvalue()
