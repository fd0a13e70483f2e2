from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError, transaction

from apikeys.management.operator_command import OperatorCommand
from apikeys.organization.people import random_password

USERNAME = "superadmin"


class Command(OperatorCommand):
    help = (
        f"Create the superadmin “{USERNAME}” with a random password, printed once, "
        "unless there is a superadmin already."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--email",
            type=_email,
            default="",
            metavar="ADDRESS",
            help="their e-mail address, with which they can sign in as well",
        )

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        password = random_password()
        with self.secrets_arrive_or_nothing_changes():
            is_made = not _superadmin_exists() and _create(email, password)
            if is_made:
                self._print(email, password)
        if not is_made:
            self.say("There is a superadmin already.")
            return
        if email:
            self.say("Sign in with the user name or the e-mail address.")
        self.say("The password is not shown again.")

    def _print(self, email: str, password: str) -> None:
        self.stdout.write(f"username: {USERNAME}")
        if email:
            self.stdout.write(f"e-mail: {email}")
        self.stdout.write(f"password: {password}")


def _email(text: str) -> str:
    people = get_user_model()
    try:
        return people.objects.normalize_email(
            people._meta.get_field("email").clean(text, None)
        )
    except ValidationError as error:
        raise ArgumentTypeError(f"{text!r}: {' '.join(error.messages)}") from None


def _superadmin_exists() -> bool:
    return get_user_model().objects.filter(is_superuser=True).exists()


def _create(email: str, password: str) -> bool:
    """Return False if another process was first: the unique name decides."""
    try:
        with transaction.atomic():
            get_user_model().objects.create_superuser(USERNAME, email, password)
    except (IntegrityError, ValidationError) as error:
        if _superadmin_exists():
            return False
        raise CommandError(_reason(error)) from None
    return True


def _reason(error: IntegrityError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return (
        f"There is a user “{USERNAME}” who is no superadmin. "
        "Make another one: manage.py createsuperuser"
    )
