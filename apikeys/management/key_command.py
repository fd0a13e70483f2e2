"""Commands that do one thing to one key and say that it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from apikeys.keys.models import ApiKey
from apikeys.management.operator import acting, refusals_end_the_command
from apikeys.management.operator_command import OperatorCommand, add_as_argument


class KeyCommand(OperatorCommand):
    """A command `NAME ID`; subclasses name the service and the word for its effect."""

    service: ClassVar[Callable[..., ApiKey]]
    done: ClassVar[str]
    # What would be done, for a command that drops something for good.
    would: ClassVar[str] = ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="The key's ID, as in list_api_keys.")
        if self.would:
            parser.add_argument(
                "--dry-run", action="store_true", help="Only say what would be done."
            )
        add_as_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        is_dry = options.get("dry_run", False)
        with transaction.atomic(), refusals_end_the_command():
            key = type(self).service(
                options["id"], actor=acting(options["username"]), at=timezone.now()
            )
            # Done and undone, so that it is refused for every reason that counts.
            transaction.set_rollback(is_dry)
        self.say(f"{key.key_id} ({key.name}): {self.would if is_dry else self.done}")
