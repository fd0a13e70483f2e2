from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.management.operator import refusals_end_the_command
from apikeys.management.plugin_token_arguments import domain_list, token_name
from apikeys.organization.models import Location
from apikeys.plugin_tokens.domains import joined
from apikeys.plugin_tokens.forms import app_warnings
from apikeys.plugin_tokens.services import IssuedPluginToken, issue_plugin_token


class Command(BaseCommand):
    help = (
        "Create a plugin token and print it. A name that exists in the same location"
        " (or among the agency's own) is refused, or with --replace given a new value"
        " and these domains."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", type=token_name)
        parser.add_argument(
            "domains", type=domain_list, help="Comma-separated, each may have a port."
        )
        parser.add_argument("--location", help="Its name; without it the agency's own.")
        parser.add_argument("--replace", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals_end_the_command():
            issued = issue_plugin_token(
                name=options["name"],
                domains=options["domains"],
                location_id=_location_id(options["location"]),
                may_replace=options["replace"],
                actor=OPERATOR,
                at=timezone.now(),
            )
        for text in app_warnings(issued.token.domains):
            self.stderr.write(text)
        self.stdout.write(_as_json(issued) if options["json"] else issued.value)
        if issued.replaced:
            self.stderr.write("Replaced: the old value no longer works.")


def _location_id(name: str | None) -> int | None:
    if name is None:
        return None
    location = Location.objects.filter(name=name).first()
    if location is None:
        raise CommandError(f"There is no location “{name}”.")
    return location.pk


def _as_json(issued: IssuedPluginToken) -> str:
    token = issued.token
    return json.dumps(
        {
            "id": str(token.public_id),
            "name": token.name,
            "token": issued.value,
            "domains": joined(token.domains),
            "replaced": issued.replaced,
        }
    )
