from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apikeys.encryption import CannotDecrypt
from apikeys.management.listing import ListCommand, Record
from apikeys.management.operator import location_named
from apikeys.plugin_tokens.domains import joined
from apikeys.plugin_tokens.models import PluginToken

_SHOWN_DOMAINS = 3


class Command(ListCommand):
    help = (
        "List plugin tokens, the oldest first. Their values are in csv and json"
        " alone; one that no encryption key opens is empty there."
    )
    thing = "plugin token"
    fields = (
        "id",
        "name",
        "token",
        "domains",
        "location",
        "may_manage_tokens",
        "created_at",
        "last_used_at",
    )
    columns = ("id", "name", "location", "domains")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--name", metavar="TEXT", help="Only tokens whose name contains this."
        )
        parser.add_argument(
            "--location", metavar="NAME", help="Only tokens of this location."
        )

    def records(self, options: dict[str, Any]) -> list[Record]:
        tokens = PluginToken.objects.select_related("location").listed()
        if options["name"]:
            tokens = tokens.filter(name__icontains=options["name"])
        location = location_named(options["location"])
        if location:
            tokens = tokens.filter(location=location)
        return [_record(token) for token in tokens]

    def table_cell(self, column: str, value: Any) -> str:
        if column != "domains":
            return super().table_cell(column, value)
        *shown, rest = value.split(",", _SHOWN_DOMAINS)
        more = rest.count(",") + 1
        return ", ".join([*shown, rest if more == 1 else f"and {more} more"])


def _record(token: PluginToken) -> Record:
    return {
        "id": str(token.public_id),
        "name": token.name,
        "token": _value(token),
        "domains": joined(token.domains),
        "location": token.location.name if token.location else None,
        "may_manage_tokens": token.may_manage_tokens,
        "created_at": token.created_at.isoformat(),
        "last_used_at": token.last_used_at.isoformat() if token.last_used_at else None,
    }


def _value(token: PluginToken) -> str | None:
    try:
        return token.value()
    except CannotDecrypt:
        return None
