"""The table of our own endpoints, read from the URL conf in which they are declared.

Each route of ours carries its permissions (see `api.routes.endpoint`), so that who
adds a route says there what it needs. `checks` stops the start where one says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import URLResolver, get_resolver
from django.urls.converters import get_converters
from django.urls.resolvers import RoutePattern

from apikeys.access.endpoint_permissions import Route, RouteTable

# The declaration of a view that answers for every path which is no endpoint.
CATCH_ALL: Mapping[str, str | None] = {}
_ATTRIBUTE = "endpoint_permissions"
# As `path()` reads it: `<name>` or `<converter:name>`.
_PARAMETER = re.compile(r"<(?:([^>:]+):)?[^>]+>")


@dataclass(frozen=True, slots=True)
class DeclaredRoute:
    """A route of the URL conf. `declared` is None where it declares no permissions."""

    text: str
    view: Callable[..., Any]
    declared: Mapping[str, str | None] | None
    # Regular expressions and converters that span slashes have no segments.
    has_segments: bool


def declare(
    view: Callable[..., Any], permissions: Mapping[str, str | None]
) -> Callable[..., Any]:
    """Say which permission each method of a view needs, and return the view."""
    setattr(view, _ATTRIBUTE, permissions)
    return view


def route_table() -> RouteTable:
    """Return the table of the URL conf that is served."""
    # By its name, as Django's own resolver: finding that one costs more than the look-up.
    return _table(settings.ROOT_URLCONF)


def declared_routes() -> Iterator[DeclaredRoute]:
    """Yield every route of the URL conf in its order."""
    yield from _walk(get_resolver(), "", has_segments=True)


@lru_cache(maxsize=1)
def _table(urlconf: str) -> RouteTable:
    routes: dict[str, Route] = {}
    for route in _walk(get_resolver(urlconf), "", has_segments=True):
        if route.declared and route.has_segments:
            expression = _expression(route.text)
            # Its twin with a slash is the same endpoint.
            routes.setdefault(expression, Route(expression, route.declared))
    return RouteTable(routes.values())


def _walk(
    resolver: URLResolver, prefix: str, *, has_segments: bool
) -> Iterator[DeclaredRoute]:
    for pattern in resolver.url_patterns:
        text = prefix + str(pattern.pattern)
        is_plain = has_segments and isinstance(pattern.pattern, RoutePattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, text, has_segments=is_plain)
        else:
            yield DeclaredRoute(
                f"/{text}",
                pattern.callback,
                getattr(pattern.callback, _ATTRIBUTE, None),
                is_plain and "<path:" not in text,
            )


def _expression(text: str) -> str:
    """Return what a route matches as Django's router does, each converter by its own.

    One that took any segment would judge `/x/newest` by the permissions of
    `/x/<int:id>` where that stands first.
    """
    parts = _PARAMETER.split(text.rstrip("/") or "/")
    # Literal, converter, literal, converter, ...
    return "".join(
        f"(?:{get_converters()[part or 'str'].regex})" if place % 2 else re.escape(part)
        for place, part in enumerate(parts)
    )
