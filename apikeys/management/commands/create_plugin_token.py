from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apikeys.domains import MalformedDomains, joined, parse_domains
from apikeys.models import Location
from apikeys.plugin_policy import MalformedName, normal_name
from apikeys.services.audit import OPERATOR
from apikeys.services.plugin_tokens import IssuedToken, issue_plugin_token
from apikeys.services.refusals import ServiceRefusal


class Command(BaseCommand):
    help = (
        "Create a plugin token and print it. A name that exists in the same location"
        " (or among the agency's own) is refused, or with --replace given a new value"
        " and these domains."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("domains", help="comma-separated, each may have a port")
        parser.add_argument("--location", help="name; without it the agency's own")
        parser.add_argument("--replace", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            issued = issue_plugin_token(
                name=normal_name(options["name"]),
                domains=parse_domains(options["domains"]),
                location_id=_location_id(options["location"]),
                may_replace=options["replace"],
                actor=OPERATOR,
                at=timezone.now(),
            )
        except (ServiceRefusal, MalformedName, MalformedDomains) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(_as_json(issued) if options["json"] else issued.value)
        if issued.replaced:
            self.stderr.write("Replaced: the old value works no more.")


def _location_id(name: str | None) -> int | None:
    if name is None:
        return None
    location = Location.objects.filter(name=name).first()
    if location is None:
        raise CommandError(f"There is no location “{name}”.")
    return location.pk


def _as_json(issued: IssuedToken) -> str:
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
