from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.management.operator import refusals_end_the_command
from apikeys.management.plugin_token_arguments import domain_list
from apikeys.plugin_tokens import services
from apikeys.plugin_tokens.domains import joined
from apikeys.plugin_tokens.forms import app_warnings


class Command(BaseCommand):
    help = "Let further domains use a plugin token, and print all that may."
    service = staticmethod(services.add_domains)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=UUID)
        parser.add_argument(
            "domains", type=domain_list, help="Comma-separated, each may have a port."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals_end_the_command():
            token = self.service(
                options["id"],
                domains=options["domains"],
                actor=OPERATOR,
                at=timezone.now(),
            )
        for text in app_warnings(token.domains):
            self.stderr.write(text)
        self.stdout.write(joined(token.domains))
