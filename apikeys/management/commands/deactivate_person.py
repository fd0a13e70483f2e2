from __future__ import annotations

from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.management.operator import refusals_end_the_command
from apikeys.management.operator_command import OperatorCommand
from apikeys.organization.people import PersonChanges, change_person


class Command(OperatorCommand):
    help = (
        "Shut a member of staff out: they cannot sign in, and where they are signed in"
        " their next click is refused. Keys that they made go on working."
    )
    is_active: ClassVar[bool] = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="The name with which they sign in.")

    def handle(self, *args: Any, **options: Any) -> None:
        word = "active" if self.is_active else "inactive"
        with refusals_end_the_command():
            changes = change_person(
                options["username"],
                given=PersonChanges(is_active=self.is_active),
                actor=OPERATOR,
                at=timezone.now(),
            )
        if not changes:
            raise CommandError(f"{options['username']} is already {word}.")
        self.say(f"{options['username']}: {word}.")
