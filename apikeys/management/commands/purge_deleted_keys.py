from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.keys.models import ApiKey
from apikeys.keys.services import purge_deleted_keys
from apikeys.management.operator import duration
from apikeys.management.operator_command import OperatorCommand, counted


class Command(OperatorCommand):
    help = (
        "Remove deleted keys whose retention is over, and print their IDs. The audit"
        " trail keeps their names and IDs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=duration,
            required=True,
            metavar="365d",
            help="How long ago they were deleted, at least: 365d, 12h or 30m.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Only name them.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        before = now - options["older_than"]
        if options["dry_run"]:
            doomed = ApiKey.objects.deleted_before(before).order_by("pk")
            key_ids = list(doomed.values_list("key_id", flat=True))
        else:
            key_ids = purge_deleted_keys(deleted_before=before, actor=OPERATOR, at=now)
        for key_id in key_ids:
            self.stdout.write(key_id)
        verb = "would be purged" if options["dry_run"] else "purged"
        self.say(f"{counted(len(key_ids), 'key')} {verb}")
