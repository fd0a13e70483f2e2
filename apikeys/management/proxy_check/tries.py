"""The forgeries that are sent through a proxy, as values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from apikeys.management.proxy_check.headers import (
    ADDRESS,
    FOLDED,
    HOST,
    IDENTITY,
    METHOD,
    PATH,
)

# An address for documentation (RFC 5737), which no caller has.
FORGED_ADDRESS = "203.0.113.77"
WHOAMI = "/api/whoami"

_DROP = (
    "Drop or overwrite these headers towards the application; docs/operations.md has"
    " the list."
)
_DROP_ODD = (
    "Drop names with other characters than letters, digits and hyphens: they read like"
    " those with hyphens in WSGI, PHP and CGI."
)
_NO_HOP = (
    "Hand on neither Connection nor Upgrade nor HTTP2-Settings of the client, on open"
    " paths either."
)
_PLAIN_PATHS = (
    "Guard everything and list what is open, each path in plain letters alone; send the"
    " application the URL that the gate has judged."
)


class Kind(Enum):
    """By what a try is judged."""

    HEADERS = "a forged header"
    HOP = "what the gate says is taken off"
    UPGRADE = "the connection leaves HTTP"
    PATH = "a path with two readings"
    GATE = "the gate answers to everybody"


@dataclass(frozen=True, slots=True)
class Try:
    """One call, what it tries, and what in a recipe stops it."""

    name: str
    kind: Kind
    remedy: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    needs_key: bool = False


def all_tries(target: str, open_target: str, marker: str) -> Iterator[Try]:
    """Return the tries at a guarded path, and at an open one if there is one.

    No value of a header is one that an application could act on: a method that
    nobody has, a path and a host that do not exist.
    """
    for path in filter(None, (target, open_target)):
        yield from _forged_headers(path, marker)
        yield from _upgrades(path)
    for names in ("close, X-Api-Location", "X-Api-Key-Id, X-Api-Roles"):
        headers = (("Connection", names),)
        yield Try(f"Connection: {names}", Kind.HOP, _NO_HOP, target, headers, True)
    for path in _two_readings(target, open_target):
        yield Try(path, Kind.PATH, _PLAIN_PATHS, path)
    for path in ("/gate", "/gate/"):
        remedy = "Answer 404 for /gate and all below it."
        yield Try(path, Kind.GATE, remedy, path)


def _forged_headers(target: str, marker: str) -> Iterator[Try]:
    groups: dict[str, tuple[Sequence[str], str]] = {
        "identity": (IDENTITY, marker),
        "method": (METHOD, marker.upper()),
        "path": (PATH, f"/{marker}"),
        "host": (HOST, f"{marker}.invalid"),
        "address": (ADDRESS, FORGED_ADDRESS),
    }
    for group, (names, value) in groups.items():
        headers = tuple((name, value) for name in names)
        yield Try(
            f"forged {group}: {', '.join(names)}", Kind.HEADERS, _DROP, target, headers
        )
        for sign in FOLDED if names is IDENTITY else "_.":
            odd = tuple(
                (name.replace("-", sign), value) for name in names if "-" in name
            )
            yield Try(
                f"forged {group} as {odd[0][0]} and the like",
                Kind.HEADERS,
                _DROP_ODD,
                target,
                odd,
            )


def _upgrades(target: str) -> Iterator[Try]:
    settings = ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA")
    for protocol in ("h2c", "websocket", "anything"):
        headers = (
            ("Connection", "Upgrade, HTTP2-Settings"),
            ("Upgrade", protocol),
            settings,
        )
        yield Try(f"Upgrade: {protocol}", Kind.UPGRADE, _NO_HOP, target, headers)


def _two_readings(target: str, open_target: str) -> Iterator[str]:
    yield from (f"/{target}", f"/x/..{target}", f"/x/%2e%2e{target}", f"{target};x=/..")
    yield from (f"/x/..%2f{target[1:]}", f"/x/..%5c{target[1:]}", f"/%2561{target[1:]}")
    yield f"/x%c0%af{target[1:]}"
    if open_target:
        way_up = "/.." * (open_target.count("/") - open_target.endswith("/"))
        yield from (f"{open_target}{way_up}{target}", f"{open_target}/;{target}")
        encoded = way_up.replace("/", "%2f").replace("..", "%2e%2e")
        yield from (f"{open_target}{encoded}{target}", f"{target}/..%2f..{open_target}")
