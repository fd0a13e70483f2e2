from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from apikeys.keys.rotation import MAX_OVERLAP, rotate_key
from apikeys.management.operator import acting, duration, refusals_end_the_command


class Command(BaseCommand):
    help = (
        "Give a key a second secret and print its new token, alone, on standard"
        " output. The old one works for the overlap, 7 days unless said."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id")
        overlap = parser.add_mutually_exclusive_group()
        overlap.add_argument("--overlap", type=duration, default=MAX_OVERLAP)
        overlap.add_argument(
            "--now", action="store_true", help="The old secret stops at once."
        )
        parser.add_argument("--as", dest="username", help="Act with a person's rights.")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        overlap = timedelta(0) if options["now"] else options["overlap"]
        with refusals_end_the_command():
            issued = rotate_key(
                options["id"],
                overlap=overlap,
                actor=acting(options["username"]),
                at=timezone.now(),
            )
        token = issued.token
        values = {
            "id": token.public_id,
            "token": token.text,
            "api_id": token.public_id,
            "api_key": token.secret,
        }
        self.stdout.write(json.dumps(values) if options["json"] else token.text)
