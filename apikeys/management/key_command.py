"""Commands that do one thing to one key and say that it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from apikeys.keys.models import ApiKey
from apikeys.management.operator import acting, refusals_end_the_command


class KeyCommand(BaseCommand):
    """A command `NAME ID`; subclasses name the service and the word for its effect."""

    service: ClassVar[Callable[..., ApiKey]]
    done: ClassVar[str]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id")
        parser.add_argument("--as", dest="username", help="Act with a person's rights.")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals_end_the_command():
            key = type(self).service(
                options["id"], actor=acting(options["username"]), at=timezone.now()
            )
        self.stderr.write(f"{key.key_id} ({key.name}): {self.done}")
