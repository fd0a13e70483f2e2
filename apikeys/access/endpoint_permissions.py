"""Which Django permission each of our endpoints needs, as values.

A `Route` is one endpoint of ours; a path that no route matches is the host CRM's.
"""

from __future__ import annotations

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

    def matches(self, segments: list[str]) -> bool:
        """Tell whether a path of as many segments is this endpoint's."""
        for own, given in zip(self.segments, segments, strict=True):
            if own is not None and own != given:
                return False
        return True


class RouteTable:
    """All routes, found by path. The first that matches decides, as in a URL conf."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_length: dict[int, list[Route]] = {}
        for route in routes:
            self._by_length.setdefault(len(route.segments), []).append(route)

    def find(self, path: str | None) -> Route | None:
        """Return the route of a normal path, or None for one that is not ours."""
        if path is None:
            return None
        segments = path.split("/")
        for route in self._by_length.get(len(segments), ()):
            if route.matches(segments):
                return route
        return None
