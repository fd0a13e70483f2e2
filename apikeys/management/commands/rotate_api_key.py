from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apikeys.access.tokens import Token
from apikeys.keys.rotation import MAX_OVERLAP, rotate_key
from apikeys.management.operator import acting, duration
from apikeys.management.operator_command import OperatorCommand, add_as_argument


class Command(OperatorCommand):
    help = (
        "Give a key a second secret and print its new token, alone, on standard"
        " output. The old one works for the overlap, 7 days unless said."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="The key's ID, as in list_api_keys.")
        overlap = parser.add_mutually_exclusive_group()
        overlap.add_argument(
            "--overlap",
            type=duration,
            default=MAX_OVERLAP,
            metavar="7d",
            help="How long the old token still works: 7d (at most), 12h or 30m.",
        )
        overlap.add_argument(
            "--now", action="store_true", help="The old token stops at once."
        )
        parser.add_argument(
            "--json", action="store_true", help="Print the token and its parts as JSON."
        )
        add_as_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        overlap = timedelta(0) if options["now"] else options["overlap"]
        with self.secrets_arrive_or_nothing_changes():
            issued = rotate_key(
                options["id"],
                overlap=overlap,
                actor=acting(options["username"]),
                at=timezone.now(),
            )
            token = issued.token
            self.stdout.write(_as_json(token) if options["json"] else token.text)


def _as_json(token: Token) -> str:
    return json.dumps(
        {
            "id": token.public_id,
            "token": token.text,
            "api_id": token.public_id,
            "api_key": token.secret,
        }
    )
