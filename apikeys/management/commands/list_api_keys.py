from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from apikeys.keys.models import ApiKey


class Command(BaseCommand):
    help = "List the API keys, newest first. Deleted ones only with --deleted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--deleted", action="store_true", help="The deleted ones.")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = ApiKey.objects.order_by("-created_at", "-pk")
        keys = keys.exclude(deleted_at=None) if options["deleted"] else keys.present()
        rows = [_row(key) for key in keys.prefetch_related("roles")]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for row in rows:
            self.stdout.write("\t".join(_cells(row)))
        self.stderr.write(f"{len(rows)} keys")


def _row(key: Any) -> dict[str, Any]:
    return {
        "id": key.key_id,
        "name": key.name,
        "type": key.key_type,
        "status": key.status(timezone.now())[0].lower(),
        "roles": sorted(role.name for role in key.roles.all()),
        "networks": key.networks,
        "endpoints": key.endpoints,
        "read_only": key.read_only,
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
    }


def _cells(row: dict[str, Any]) -> Iterable[str]:
    yield row["id"]
    yield row["type"]
    yield row["status"]
    yield row["last_used_at"] or "never used"
    yield row["expires_at"] or "never expires"
    yield row["name"]
