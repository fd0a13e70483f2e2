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


def _run() -> str:
    output = StringIO()
    call_command("create_first_superadmin", stdout=output, stderr=StringIO())
    return output.getvalue()
