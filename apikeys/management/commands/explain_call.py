from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apikeys.access.client_ip import parse_address
from apikeys.caching.reader import StateUnknown
from apikeys.keys.authorize import explain_call
from apikeys.keys.cache import key_cache

_REFUSED, _UNKNOWN_KEY = 1, 2


class Command(BaseCommand):
    help = (
        "Would this call of a key pass? Exits with 0 if it would, with 1 if it would"
        " be refused, with 2 if there is no such key."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id")
        parser.add_argument("method")
        parser.add_argument("path")
        parser.add_argument("--from", dest="address", default="", metavar="ADDRESS")

    def handle(self, *args: Any, **options: Any) -> None:
        address = parse_address(options["address"])
        if address is None:
            raise CommandError(
                f"--from needs an IP address; {options['address']!r} is none.",
                returncode=3,
            )
        try:
            cached = key_cache.get(options["id"])
        except StateUnknown:
            raise CommandError("The database does not answer.", returncode=3) from None
        if cached is None:
            raise CommandError("There is no such key.", returncode=_UNKNOWN_KEY)
        answer = explain_call(
            cached.grant,
            method=options["method"],
            path=options["path"],
            address=address,
            at=timezone.now(),
        )
        for step in answer.steps:
            self.stdout.write(
                f"{'pass' if step.passed else 'FAIL'}  {step.rule}: {step.text}"
            )
        if answer.refusal is not None:
            self.stdout.write(f"Refused: {answer.refusal.status} {answer.refusal.code}")
            sys.exit(_REFUSED)
        self.stdout.write("Allowed")
