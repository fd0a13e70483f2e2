from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.management.operator_command import OperatorCommand
from apikeys.management.person_arguments import add_person_arguments, person_changes
from apikeys.organization.people import create_person


class Command(OperatorCommand):
    help = (
        "Add a member of staff and print their password, alone, on standard output."
        " It cannot be shown again; they can change it after they have signed in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="The name with which they sign in.")
        add_person_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        given = person_changes(options)
        with self.secrets_arrive_or_nothing_changes():
            person, password = create_person(
                username=options["username"],
                given=given,
                actor=OPERATOR,
                at=timezone.now(),
            )
            self.stdout.write(password)
        if not (given.roles or given.is_superuser):
            self.say(
                "They hold no role and can sign in, but see nothing:"
                f" update_person {person.get_username()} --role NAME."
            )
