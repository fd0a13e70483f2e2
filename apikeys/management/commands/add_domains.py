from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from apikeys.management.operator import acting, refusals_end_the_command
from apikeys.management.operator_command import OperatorCommand, add_as_argument
from apikeys.management.plugin_token_arguments import domain_list
from apikeys.plugin_tokens import services
from apikeys.plugin_tokens.domains import joined
from apikeys.plugin_tokens.forms import app_warnings


class Command(OperatorCommand):
    help = "Let further domains use a plugin token, and print all that may."
    service = staticmethod(services.add_domains)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "id", type=UUID, help="The token's ID, as in list_plugin_tokens."
        )
        parser.add_argument(
            "domains", type=domain_list, help="Comma-separated, each may have a port."
        )
        add_as_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic(), refusals_end_the_command():
            token = self.service(
                options["id"],
                domains=options["domains"],
                actor=acting(options["username"]),
                at=timezone.now(),
            )
            # Done and undone, so that it is refused for every reason that counts.
            transaction.set_rollback(options.get("dry_run", False))
        for text in app_warnings(token.domains):
            self.say(text)
        self.stdout.write(joined(token.domains))
