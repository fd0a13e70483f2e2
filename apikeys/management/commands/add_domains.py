from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apikeys.domains import MalformedDomains, joined, parse_domains
from apikeys.services import plugin_tokens
from apikeys.services.audit import OPERATOR
from apikeys.services.refusals import ServiceRefusal


class Command(BaseCommand):
    help = "Let further domains use a plugin token, and print all that may."
    service = staticmethod(plugin_tokens.add_domains)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=UUID)
        parser.add_argument("domains", help="comma-separated, each may have a port")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            token = self.service(
                options["id"],
                domains=parse_domains(options["domains"]),
                actor=OPERATOR,
                at=timezone.now(),
            )
        except (ServiceRefusal, MalformedDomains) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(joined(token.domains))
