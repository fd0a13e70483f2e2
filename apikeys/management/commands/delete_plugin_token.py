from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from apikeys.management.operator import (
    acting,
    refusals_end_the_command,
    refuse_without_yes,
)
from apikeys.management.operator_command import OperatorCommand, add_as_argument
from apikeys.plugin_tokens import services


class Command(OperatorCommand):
    help = (
        "Delete a plugin token for good; needs --yes. Its pages are no longer let in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "id", type=UUID, help="The token's ID, as in list_plugin_tokens."
        )
        parser.add_argument("--yes", action="store_true", help="It cannot be undone.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Only say what would be done."
        )
        add_as_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_without_yes(options)
        with transaction.atomic(), refusals_end_the_command():
            services.delete_plugin_token(
                options["id"], actor=acting(options["username"]), at=timezone.now()
            )
            # Done and undone, so that it is refused for every reason that counts.
            transaction.set_rollback(options["dry_run"])
        verb = "would be deleted" if options["dry_run"] else "deleted"
        self.stdout.write(f"1 plugin token {verb}.")
