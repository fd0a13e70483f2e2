from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from apikeys.keys.services import delete_key
from apikeys.management.key_command import KeyCommand


class Command(KeyCommand):
    help = "Revoke a key for good. Its calls are refused from this moment on."
    service = delete_key
    done = "deleted."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--yes", action="store_true", help="It cannot be undone.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["yes"]:
            raise CommandError("Deleting cannot be undone. Add --yes if you are sure.")
        super().handle(*args, **options)
