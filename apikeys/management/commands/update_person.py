from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.management.operator import refusals_end_the_command
from apikeys.management.operator_command import OperatorCommand
from apikeys.management.person_arguments import add_person_arguments, person_changes
from apikeys.organization.people import change_person


class Command(OperatorCommand):
    help = (
        "Change a member of staff. Roles that are given replace all of theirs; to take"
        " the last one away, say --no-roles. It counts from their next click."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="The name with which they sign in.")
        add_person_arguments(parser)
        parser.add_argument(
            "--no-roles", action="store_true", help="Take all their roles away."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["no_roles"]:
            if options["role"]:
                raise CommandError("--no-roles and --role contradict each other.")
            options["role"] = []
        with refusals_end_the_command():
            changes = change_person(
                options["username"],
                given=person_changes(options),
                actor=OPERATOR,
                at=timezone.now(),
            )
        self.say(
            f"{options['username']} is changed." if changes else "Nothing changed."
        )
