from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from apikeys.organization.models import Person


class SignIn(ModelBackend):
    """Sign-in with the user name or the e-mail address, and the password.

    Django's own backend does the rest: it hashes a password for unknown names
    too, so that the time of an answer does not tell who is known.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Person | None:
        name = _user_name(username) if username else username
        return super().authenticate(request, name, password, **kwargs)


def _user_name(typed: str) -> str:
    """Return whose user name or else e-mail was typed.

    The user name wins: nobody can take over another person's by an e-mail.
    """
    if Person.objects.filter(username=typed).exists():
        return typed
    person = Person.objects.with_email(typed).first()
    return person.get_username() if person else typed
