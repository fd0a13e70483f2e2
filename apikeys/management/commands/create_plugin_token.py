from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apikeys.management.operator import acting, location_named
from apikeys.management.operator_command import OperatorCommand, add_as_argument
from apikeys.management.plugin_token_arguments import domain_list, token_name
from apikeys.plugin_tokens.domains import joined
from apikeys.plugin_tokens.forms import app_warnings
from apikeys.plugin_tokens.services import IssuedPluginToken, issue_plugin_token


class Command(OperatorCommand):
    help = (
        "Create a plugin token and print it. A name that exists in the same location"
        " (or among the agency's own) is refused, or with --replace given a new value"
        " and these domains."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "name", type=token_name, help="Say which site will have it."
        )
        parser.add_argument(
            "domains", type=domain_list, help="Comma-separated, each may have a port."
        )
        parser.add_argument(
            "--location",
            metavar="NAME",
            help="The location that it belongs to; without it the agency's own.",
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="Replace the token of this name; its old value stops at once.",
        )
        parser.add_argument(
            "--json", action="store_true", help="Print the token and its parts as JSON."
        )
        add_as_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        location = location_named(options["location"])
        with self.secrets_arrive_or_nothing_changes():
            issued = issue_plugin_token(
                name=options["name"],
                domains=options["domains"],
                location_id=location.pk if location else None,
                may_replace=options["replace"],
                actor=acting(options["username"]),
                at=timezone.now(),
            )
            self.stdout.write(_as_json(issued) if options["json"] else issued.value)
        for text in app_warnings(issued.token.domains):
            self.say(text)
        if issued.replaced:
            self.say("Replaced: the old value no longer works.")


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
