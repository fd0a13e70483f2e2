"""What people write for a network that is none, and which networks leave all open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import (
    IPv4Network,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_network,
    summarize_address_range,
)

Network = IPv4Network | IPv6Network

_MAX_SUGGESTED = 20
_OCTETS = 4
_STARS = re.compile(r"((?:[0-9]{1,3}\.){1,3})\*(?:\.\*)*")
_RANGE = re.compile(r"([^-–—]+)[-–—]([^-–—]+)")  # noqa: RUF001 (typed for a hyphen)
_BLANKS_OF_A_RANGE = re.compile(r"[ \t]+([-–—])[ \t]+")  # noqa: RUF001 (as above)
_WITH_PORT = re.compile(r"\[([0-9a-fA-F:.]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")

# All addresses that a caller on the internet can have: whoever allows these
# restricts nobody, with or without 0.0.0.0/0 itself.
_EVERYBODY = (
    (ip_network("0.0.0.0/1"), ip_network("128.0.0.0/2"), ip_network("192.0.0.0/3")),
    (ip_network("2000::/3"),),
)


def meant_networks(text: str) -> tuple[str, ...]:
    """Return the networks that a range, a star or an address with its port means."""
    try:
        found = _of_stars(text) or _of_range(text) or _of_port(text)
    except ValueError:
        return ()
    return tuple(map(str, found)) if len(found) <= _MAX_SUGGESTED else ()


def joined_ranges(text: str) -> str:
    """Return a list of networks with no blanks inside `10.0.0.1 - 10.0.0.9`."""
    return _BLANKS_OF_A_RANGE.sub(r"\1", text)


def cover_everybody(networks: Iterable[Network]) -> bool:
    """Tell whether networks leave any address of one version to call, taken together."""
    given = tuple(networks)
    return any(
        all(
            any(_holds(network, part) for network in _joined(given, part))
            for part in parts
        )
        for parts in _EVERYBODY
    )


def _joined(networks: tuple[Network, ...], like: Network) -> list[Network]:
    same = [network for network in networks if network.version == like.version]
    return list(collapse_addresses(same))  # type: ignore[type-var]  # all of one version


def _holds(network: Network, part: Network) -> bool:
    return part.subnet_of(network)  # type: ignore[arg-type]  # both of one version


def _of_stars(text: str) -> list[Network]:
    found = _STARS.fullmatch(text)
    if found is None:
        return []
    given = found[1].rstrip(".").split(".")
    address = ".".join(given + ["0"] * (_OCTETS - len(given)))
    return [ip_network(f"{address}/{8 * len(given)}")]


def _of_range(text: str) -> list[Network]:
    found = _RANGE.fullmatch(text)
    if found is None:
        return []
    first, last = found[1].strip(), found[2].strip()
    if last.isdecimal() and "." in first:
        last = f"{first.rpartition('.')[0]}.{last}"
    # The same version, and in order: anything else is a ValueError or a TypeError.
    start, end = ip_address(first), ip_address(last)
    if start.version != end.version:
        return []
    return list(summarize_address_range(start, end))


def _of_port(text: str) -> list[Network]:
    found = _WITH_PORT.fullmatch(text)
    return [ip_network(found[1] or found[2])] if found else []
