from __future__ import annotations

from django.core.management.base import CommandParser

from apikeys.management.commands import add_domains
from apikeys.plugin_tokens import services


class Command(add_domains.Command):
    help = "Shut domains out of a plugin token, and print those that stay."
    service = staticmethod(services.remove_domains)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--dry-run", action="store_true", help="Only print those that would stay."
        )
