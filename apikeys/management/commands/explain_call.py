from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from apikeys.access.client_ip import Address, parse_address
from apikeys.access.rules import Grant
from apikeys.caching.reader import StateUnknown
from apikeys.keys.authorize import explain_call
from apikeys.keys.cache import key_cache
from apikeys.management.operator_command import OperatorCommand

# As grep and diff have it: 1 is an answer, 2 is none.
_REFUSED, _NO_ANSWER = 1, 2


class Command(OperatorCommand):
    help = (
        "Would this call of a key pass? Exits with 0 if it would, with 1 if it would"
        " be refused, with 2 if that cannot be said: no such key, wrong arguments, no"
        " database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="The key's ID, as in list_api_keys.")
        parser.add_argument("method", help="GET, POST and so on.")
        parser.add_argument("path", help="The path that is called, or the whole URL.")
        parser.add_argument(
            "--from",
            dest="address",
            metavar="ADDRESS",
            help="The caller's IP address; needed where the key has allowed networks.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        grant = _grant(options["id"])
        answer = explain_call(
            grant,
            method=options["method"],
            path=options["path"],
            address=_address(options["address"], grant),
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


def _grant(key_id: str) -> Grant:
    try:
        cached = key_cache.get(key_id)
    except StateUnknown:
        raise CommandError(
            "The database does not answer.", returncode=_NO_ANSWER
        ) from None
    if cached is None:
        raise CommandError("There is no such key.", returncode=_NO_ANSWER)
    return cached.grant


def _address(text: str | None, grant: Grant) -> Address | None:
    if text is None:
        if grant.networks:
            raise CommandError(
                "The key has allowed networks: say where the call comes from, with"
                " --from ADDRESS.",
                returncode=_NO_ANSWER,
            )
        return None
    address = parse_address(text)
    if address is None:
        raise CommandError(
            f"--from needs an IP address; {text!r} is none.", returncode=_NO_ANSWER
        )
    return address
