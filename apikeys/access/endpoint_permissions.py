"""Which Django permission an endpoint needs: one table, read by DRF, gate and explain.

Each app contributes its rows as `endpoint_permissions` of its `AppConfig`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from django.apps import apps

from apikeys.access.paths import Pattern, compile_pattern


@dataclass(frozen=True, slots=True)
class EndpointPermission:
    """A row of the table; the pattern has the syntax of endpoint patterns."""

    method: str
    pattern: Pattern
    permission: str


def rows(pattern: str, methods: dict[str, str]) -> tuple[EndpointPermission, ...]:
    """Return the rows of one path pattern, given its permission by method."""
    return tuple(
        EndpointPermission(method, compile_pattern(pattern), permission)
        for method, permission in methods.items()
    )


@lru_cache(maxsize=256)
def permission_for(method: str, path: str | None) -> str | None:
    """Return the permission that a call needs; nothing where the table has no row.

    HEAD needs what GET needs.
    """
    if path is None:
        return None
    # As an upstream may: some read "get" as GET.
    method = method.upper()
    method = "GET" if method == "HEAD" else method
    for row in _table().get(method, ()):
        if row.pattern.matches_path(path):
            return row.permission
    return None


@cache
def _table() -> dict[str, list[EndpointPermission]]:
    """Return all rows by their method, in the order of the apps."""
    table: dict[str, list[EndpointPermission]] = {}
    for config in apps.get_app_configs():
        for row in getattr(config, "endpoint_permissions", ()):
            table.setdefault(row.method, []).append(row)
    return table
