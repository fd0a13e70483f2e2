from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.management.operator_command import OperatorCommand, counted, printable
from apikeys.plugin_tokens.reencryption import reencrypt_plugin_tokens


class Command(OperatorCommand):
    help = (
        "Move stored plugin tokens to the newest of FIELD_ENCRYPTION_KEYS and of"
        " API_KEY_PEPPERS. Ends with an error that names those which no key opens."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        result = reencrypt_plugin_tokens(actor=OPERATOR, at=timezone.now())
        self.stdout.write(
            f"{counted(result.moved, 'plugin token')} moved,"
            f" {result.current} {'was' if result.current == 1 else 'were'} current."
        )
        if result.unreadable:
            names = ", ".join(f"“{printable(name)}”" for name in result.unreadable)
            raise CommandError(
                f"No encryption key opens {len(result.unreadable)}: {names}."
                " Put the old key back, or replace their values."
            )
