from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apikeys.keys.services import set_password
from apikeys.management.operator import acting
from apikeys.management.operator_command import OperatorCommand, add_as_argument


class Command(OperatorCommand):
    help = (
        "Give a key a new application password and print it, alone, on standard"
        " output. The old one stops at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="The key's ID, as in list_api_keys.")
        add_as_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with self.secrets_arrive_or_nothing_changes():
            password = set_password(
                options["id"], actor=acting(options["username"]), at=timezone.now()
            )
            self.stdout.write(password)
