from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction
from django.utils.crypto import get_random_string

USERNAME = "superadmin"
# Without the look-alikes 0 O 1 l I: people may type it from a screen.
PASSWORD_ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # noqa: S105 - an alphabet
PASSWORD_LENGTH = 20


class Command(BaseCommand):
    help = (
        f"Create the superadmin “{USERNAME}” with a random password, printed once, "
        "unless there is a superadmin already."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        password = get_random_string(PASSWORD_LENGTH, PASSWORD_ALPHABET)
        if _superadmin_exists() or not _create(password):
            self._say("There is a superadmin already.")
            return
        self.stdout.write(f"username: {USERNAME}")
        self.stdout.write(f"password: {password}")
        self._say("The password is not shown again.")

    def _say(self, text: str) -> None:
        # Not in the red that Django gives to everything on stderr.
        self.stderr.write(text, style_func=str)


def _superadmin_exists() -> bool:
    return get_user_model().objects.filter(is_superuser=True).exists()


def _create(password: str) -> bool:
    """Return False if another process was first: the unique name decides."""
    try:
        with transaction.atomic():
            get_user_model().objects.create_superuser(USERNAME, password=password)
    except IntegrityError:
        if _superadmin_exists():
            return False
        raise CommandError(
            f"There is a user “{USERNAME}” who is no superadmin. "
            "Make another one: manage.py createsuperuser"
        ) from None
    return True
