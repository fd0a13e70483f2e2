from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from apikeys.access.key_types import KEY_TYPES, Need
from apikeys.keys.services import IssuedKey, issue_key
from apikeys.keys.type_paths import endpoint_warnings
from apikeys.management.operator import acting, expiry, roles_named
from apikeys.management.operator_command import OperatorCommand, add_as_argument
from apikeys.management.settings_arguments import (
    add_settings_arguments,
    cleaned_settings,
)

_TYPES = [kind.name.value for kind in KEY_TYPES.values()]


class Command(OperatorCommand):
    help = (
        "Create an API key and print its token, alone, on standard output. It cannot"
        " be shown again. Restrict the key with --allow-ip and --endpoint, or say that"
        " it is open."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="Say what will use the key.")
        parser.add_argument(
            "--type",
            choices=_TYPES,
            metavar="TYPE",
            required=True,
            help=f"What the key may call at all: {', '.join(_TYPES)}.",
        )
        parser.add_argument(
            "--role",
            action="append",
            default=[],
            metavar="NAME",
            help="A role that the key holds; repeatable. Types v1 and v2 need one.",
        )
        parser.add_argument(
            "--expires",
            type=expiry,
            default="90d",
            metavar="WHEN",
            help="90d (default), 12h, never, a date (it ends with that day, in the"
            " server's time zone) or an ISO time. It cannot be changed later.",
        )
        parser.add_argument(
            "--with-password",
            action="store_true",
            help="Refuse a type without an application password; the others get one.",
        )
        parser.add_argument(
            "--json", action="store_true", help="Print the token and its parts as JSON."
        )
        add_as_argument(parser)
        add_settings_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        key_type = options["type"]
        fields = cleaned_settings(options["name"], options, key_type=key_type)
        if options["with_password"] and not _may_have_password(key_type):
            raise CommandError(f"Keys of type {key_type} have no password.")
        with self.secrets_arrive_or_nothing_changes():
            issued = issue_key(
                key_type=key_type,
                fields=fields,
                roles=roles_named(options["role"]),
                expires_at=options["expires"],
                actor=acting(options["username"]),
                at=timezone.now(),
            )
            self._print(issued, as_json=options["json"])
        self.say(_life(issued.key.expires_at))
        for text in endpoint_warnings(issued.key.key_type, issued.key.endpoints):
            self.say(text)

    def _print(self, issued: IssuedKey, *, as_json: bool) -> None:
        self.stdout.write(_as_json(issued) if as_json else issued.token.text)
        self.stdout.flush()
        if issued.password and not as_json:
            self.say(f"Application password: {issued.password}")


def _life(expires_at: datetime | None) -> str:
    if expires_at is None:
        return "The key never expires."
    local = timezone.localtime(expires_at)
    return f"The key expires at {local.isoformat(timespec='seconds')}."


def _may_have_password(key_type: str) -> bool:
    return KEY_TYPES[key_type].fields["password"] is not Need.HIDDEN


def _as_json(issued: IssuedKey) -> str:
    expires_at = issued.key.expires_at
    values = {
        "id": issued.key.key_id,
        "token": issued.token.text,
        "api_id": issued.token.public_id,
        "api_key": issued.token.secret,
        "expires_at": expires_at.isoformat() if expires_at else None,
    }
    if issued.password:
        values["password"] = issued.password
    return json.dumps(values)
