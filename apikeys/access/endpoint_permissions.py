"""Which Django permission each of our endpoints needs, as values.

A `Route` is one endpoint of ours; a path that no route matches is the host CRM's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One endpoint: a regular expression for its whole path, without a slash at the end.

    `permissions` has a row for each method that the endpoint answers: the permission
    ("app.codename") that it needs, or None where it needs none. A method without a
    row is closed.
    """

    expression: str
    permissions: Mapping[str, str | None]


class RouteTable:
    """All routes, found by path. The first that matches decides, as in a URL conf."""

    def __init__(self, routes: Iterable[Route]) -> None:
        # Named, since an expression may have groups of its own. All in one: as many
        # comparisons cost the gate twice as much.
        self._routes = {f"route{number}": route for number, route in enumerate(routes)}
        self._expression = re.compile(
            "|".join(
                f"(?P<{name}>{route.expression})"
                for name, route in self._routes.items()
            )
        )

    def find(self, path: str | None) -> Route | None:
        """Return the route of a normal path, or None for one that is not ours."""
        found = self._expression.fullmatch(path) if path else None
        return self._routes[found.lastgroup] if found and found.lastgroup else None
