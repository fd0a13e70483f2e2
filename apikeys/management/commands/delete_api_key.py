from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apikeys.keys.services import delete_key
from apikeys.management.key_command import KeyCommand
from apikeys.management.operator import refuse_without_yes


class Command(KeyCommand):
    help = "Revoke a key for good. Its calls are refused from this moment on."
    service = delete_key
    done = "deleted."
    would = "would be deleted."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--yes", action="store_true", help="It cannot be undone.")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_without_yes(options)
        super().handle(*args, **options)
