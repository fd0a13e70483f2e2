from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apikeys.access.key_types import KEY_TYPES
from apikeys.keys.services import IssuedKey, issue_key
from apikeys.keys.type_paths import endpoint_warnings
from apikeys.management.operator import acting, expiry, refusals_end_the_command
from apikeys.management.settings_arguments import (
    add_settings_arguments,
    cleaned_settings,
)


class Command(BaseCommand):
    help = (
        "Create an API key and print its token, alone, on standard output. Without"
        " --allow-ip it is open to any address, without --endpoint to all endpoints"
        " of its type. The token cannot be shown again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--type", choices=list(KEY_TYPES), required=True)
        parser.add_argument("--role", action="append", default=[], metavar="NAME")
        parser.add_argument(
            "--expires", type=expiry, default=None, help="90d, never (default) or ISO."
        )
        parser.add_argument("--with-password", action="store_true")
        parser.add_argument("--as", dest="username", help="Act with a person's rights.")
        parser.add_argument("--json", action="store_true")
        add_settings_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        fields = cleaned_settings(options["name"], options)
        if options["with_password"] and not _may_have_password(options["type"]):
            raise CommandError(f"Keys of type {options['type']} have no password.")
        with refusals_end_the_command():
            issued = issue_key(
                key_type=options["type"],
                fields=fields,
                roles=_roles(options["role"]),
                expires_at=options["expires"],
                actor=acting(options["username"]),
                at=timezone.now(),
            )
        self._warn_of_openness(issued)
        self.stdout.write(_as_json(issued) if options["json"] else issued.token.text)
        if issued.password and not options["json"]:
            self.stderr.write(f"Application password: {issued.password}")

    def _warn_of_openness(self, issued: IssuedKey) -> None:
        if not issued.key.networks:
            self.stderr.write("The key is open to any address; see --allow-ip.")
        if not issued.key.endpoints:
            self.stderr.write(
                "The key may call all endpoints of its type; see --endpoint."
            )
        for text in endpoint_warnings(issued.key.key_type, issued.key.endpoints):
            self.stderr.write(text)


def _may_have_password(key_type: str) -> bool:
    return KEY_TYPES[key_type].fields["password"].value != "hidden"


def _roles(names: list[str]) -> list[Group]:
    roles = list(Group.objects.filter(name__in=names))
    unknown = sorted(set(names) - {role.name for role in roles})
    if unknown:
        known = ", ".join(Group.objects.order_by("name").values_list("name", flat=True))
        raise CommandError(f"Unknown roles: {', '.join(unknown)}. There are: {known}.")
    return roles


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
