from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apikeys.services import plugin_tokens
from apikeys.services.audit import OPERATOR
from apikeys.services.refusals import ServiceRefusal


class Command(BaseCommand):
    help = "Delete a plugin token for good; needs --yes. Its pages are let in no more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=UUID)
        parser.add_argument("--yes", action="store_true", help="I mean it")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["yes"]:
            raise CommandError("Nothing was deleted. Add --yes if you mean it.")
        try:
            plugin_tokens.delete_plugin_token(
                options["id"], actor=OPERATOR, at=timezone.now()
            )
        except ServiceRefusal as error:
            raise CommandError(str(error)) from None
        self.stdout.write("1 plugin token deleted.")
