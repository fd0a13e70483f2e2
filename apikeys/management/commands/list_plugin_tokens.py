from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apikeys.encryption import CannotDecrypt
from apikeys.plugin_tokens.domains import joined
from apikeys.plugin_tokens.models import PluginToken


class Command(BaseCommand):
    help = (
        "List plugin tokens, the oldest first. Their values are in the JSON form"
        " alone; one that no encryption key opens is null."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        tokens = list(PluginToken.objects.select_related("location").listed())
        if options["json"]:
            self.stdout.write(json.dumps([_described(token) for token in tokens]))
            return
        for token in tokens:
            columns = (str(token.public_id), token.name, _place(token))
            self.stdout.write("\t".join((*columns, joined(token.domains))))
        self.stderr.write(f"{len(tokens)} plugin tokens.", style_func=str)


def _described(token: PluginToken) -> dict[str, Any]:
    return {
        "id": str(token.public_id),
        "name": token.name,
        "token": _value(token),
        "domains": joined(token.domains),
        "location": _place(token) or None,
        "may_manage_tokens": token.may_manage_tokens,
        "created_at": token.created_at.isoformat(),
        "last_used_at": token.last_used_at.isoformat() if token.last_used_at else None,
    }


def _place(token: PluginToken) -> str:
    return token.location.name if token.location else ""


def _value(token: PluginToken) -> str | None:
    try:
        return token.value()
    except CannotDecrypt:
        return None
