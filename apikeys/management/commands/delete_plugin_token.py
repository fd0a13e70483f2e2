from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.management.operator import refusals_end_the_command
from apikeys.plugin_tokens import services


class Command(BaseCommand):
    help = (
        "Delete a plugin token for good; needs --yes. Its pages are no longer let in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=UUID)
        parser.add_argument("--yes", action="store_true", help="It cannot be undone.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["yes"]:
            raise CommandError("Deleting cannot be undone. Add --yes if you are sure.")
        with refusals_end_the_command():
            services.delete_plugin_token(
                options["id"], actor=OPERATOR, at=timezone.now()
            )
        self.stdout.write("1 plugin token deleted.")
