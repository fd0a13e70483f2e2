"""Where a proxy's question at the gate says which call it is about.

A family is one way of proxies to say that. Exactly one is chosen by `GATE_HEADERS` and
read; whatever stands in the places of the others came from the client unasked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apikeys.access.paths import normal_decoded_path, normal_raw_path

GATE_PATH = "/gate"
_BELOW_GATE = f"{GATE_PATH}/"

# Scheme and host as a proxy writes them. A Host with other characters could move the
# place where the path begins.
_ORIGIN = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+(?=[/?]|\Z)")

Environ = Mapping[str, Any]


# Method, path in normal form (None where it has none) and query of the call that is to be
# judged: a plain tuple, since one is made at every question.
AskedCall = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class Family:
    """What is awaited, in words and by WSGI names, and how it is read."""

    proxies: str
    places: tuple[str, ...]
    read: Callable[[Environ], AskedCall | None]

    def has(self, place: str, environ: Environ) -> bool:
        """Tell whether something stands in a place of this family."""
        if place == _PATH_AFTER_GATE:
            return bool(_path_after_gate(environ))
        return bool(environ.get(wsgi_name(place)))


def is_asked(path: str) -> bool:
    """Tell whether a request to this path is a question to the gate."""
    # The first comparison is that of nearly every question.
    return path == GATE_PATH or path.startswith(_BELOW_GATE)


def what_is_missing(name: str, environ: Environ) -> str:
    """Say which places were awaited and which of other families hold something.

    Names alone: a value can hold a credential.
    """
    family = FAMILIES[name]
    missing = [place for place in family.places if not family.has(place, environ)]
    seen = [
        f"{place} (read with GATE_HEADERS={other})"
        for other, related in FAMILIES.items()
        for place in related.places
        if place not in family.places and related.has(place, environ)
    ]
    return (
        f"GATE_HEADERS={name} awaits {' and '.join(family.places)};"
        f" missing: {', '.join(missing)}. Seen instead: {', '.join(seen) or 'none'}."
        " See the recipes."
    )


def _from_target(method_name: str, target_name: str) -> Callable[..., AskedCall | None]:
    """Return the reader of a method and a request target, as the client sent them."""

    def read(environ: Environ) -> AskedCall | None:
        method, target = environ.get(method_name), environ.get(target_name)
        if not method or not target:
            return None
        return method, normal_raw_path(target), target.partition("?")[2]

    return read


def _from_url(environ: Environ) -> AskedCall | None:
    method = environ.get("HTTP_X_ORIGINAL_METHOD")
    url = environ.get("HTTP_X_ORIGINAL_URL")
    if not method or not url:
        return None
    origin = _ORIGIN.match(url)
    if origin is None:
        return method, None, ""
    target = url[origin.end() :]
    path = normal_raw_path(target) if target.startswith("/") else None
    return method, path, target.partition("?")[2]


def _from_path(environ: Environ) -> AskedCall | None:
    method, path = environ.get("REQUEST_METHOD"), _path_after_gate(environ)
    if not method or not path:
        return None
    return method, normal_decoded_path(path), environ.get("QUERY_STRING") or ""


def _path_after_gate(environ: Environ) -> str:
    path: str = environ.get("PATH_INFO", "")
    return path[len(GATE_PATH) :] if path.startswith(_BELOW_GATE) else ""


def wsgi_name(header: str) -> str:
    """Return the name under which WSGI has a header (PEP 3333)."""
    return "HTTP_" + header.upper().replace("-", "_")


_PATH_AFTER_GATE = "the call's path after /gate"

FAMILIES: Mapping[str, Family] = {
    "original": Family(
        "nginx",
        ("X-Original-Method", "X-Original-URI"),
        _from_target("HTTP_X_ORIGINAL_METHOD", "HTTP_X_ORIGINAL_URI"),
    ),
    "forwarded": Family(
        "Caddy, Traefik",
        ("X-Forwarded-Method", "X-Forwarded-Uri"),
        _from_target("HTTP_X_FORWARDED_METHOD", "HTTP_X_FORWARDED_URI"),
    ),
    "url": Family("ingress-nginx", ("X-Original-Method", "X-Original-URL"), _from_url),
    "path": Family("Envoy", (_PATH_AFTER_GATE,), _from_path),
}
