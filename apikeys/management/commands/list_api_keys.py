from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apikeys.access.key_types import KEY_TYPES
from apikeys.keys.models import ApiKey, ApiKeyQuerySet
from apikeys.management.listing import ListCommand, Record
from apikeys.management.operator import local_time, roles_named

_TYPES = [kind.name.value for kind in KEY_TYPES.values()]


class Command(ListCommand):
    help = "List the API keys, newest first; deleted ones only when asked for."
    thing = "key"
    fields = (
        "id",
        "name",
        "type",
        "status",
        "roles",
        "networks",
        "endpoints",
        "read_only",
        "created_at",
        "expires_at",
        "last_used_at",
    )
    columns = ("id", "type", "status", "last_used_at", "expires_at", "name")
    empty = {"last_used_at": "never used", "expires_at": "never expires"}

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--type",
            choices=_TYPES,
            metavar="TYPE",
            help=f"Only keys of this type: {', '.join(_TYPES)}.",
        )
        parser.add_argument(
            "--status",
            choices=["active", "inactive", "expired", "deleted"],
            help="Only keys in this state.",
        )
        parser.add_argument(
            "--deleted",
            action="store_const",
            const="deleted",
            dest="status",
            help="The same as --status deleted.",
        )
        parser.add_argument(
            "--name", metavar="TEXT", help="Only keys whose name contains this."
        )
        parser.add_argument(
            "--role", metavar="NAME", help="Only keys that hold this role."
        )

    def records(self, options: dict[str, Any]) -> list[Record]:
        now = timezone.now()
        keys = _in_state(options["status"], now)
        if options["type"]:
            keys = keys.filter(key_type=options["type"])
        if options["name"]:
            keys = keys.filter(name__icontains=options["name"])
        if options["role"]:
            keys = keys.filter(roles__in=roles_named([options["role"]]))
        found = keys.order_by("-created_at", "-pk").prefetch_related("roles")
        return [_record(key, now) for key in found]

    def table_cell(self, column: str, value: Any) -> str:
        if column in self.empty:
            return local_time(value)
        return super().table_cell(column, value)


def _in_state(status: str | None, now: datetime) -> ApiKeyQuerySet:
    keys = ApiKey.objects.all()
    if status == "deleted":
        return keys.exclude(deleted_at=None)
    if status == "active":
        return keys.usable(now)
    if status == "expired":
        return keys.expired(now)
    if status == "inactive":
        # As the list calls it: an inactive key that has expired is expired.
        return keys.present().filter(is_active=False).exclude(expires_at__lte=now)
    return keys.present()


def _record(key: Any, now: datetime) -> Record:
    return {
        "id": key.key_id,
        "name": key.name,
        "type": key.key_type,
        "status": key.status(now)[0].lower(),
        "roles": sorted(role.name for role in key.roles.all()),
        "networks": key.networks,
        "endpoints": key.endpoints,
        "read_only": key.read_only,
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
    }
