"""Which Django permission each of our endpoints needs, as values.

A `Route` is one endpoint of ours; a path that no route matches is the host CRM's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One endpoint: the segments of its path, where None stands for any one segment.

    `permissions` has a row for each method that the endpoint answers: the permission
    ("app.codename") that it needs, or None where it needs none. A method without a
    row is closed.
    """

    segments: tuple[str | None, ...]
    permissions: Mapping[str, str | None]


class RouteTable:
    """All routes, found by path. The first that matches decides, as in a URL conf."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = tuple(routes)
        # One expression of ours: as many comparisons cost the gate twice as much.
        self._expression = re.compile("|".join(map(_group, self._routes)))

    def find(self, path: str | None) -> Route | None:
        """Return the route of a normal path, or None for one that is not ours."""
        found = self._expression.fullmatch(path) if path else None
        if found is None or found.lastindex is None:
            return None
        return self._routes[found.lastindex - 1]


def _group(route: Route) -> str:
    segments = (
        "[^/]+" if segment is None else re.escape(segment) for segment in route.segments
    )
    return f"({'/'.join(segments)})"
