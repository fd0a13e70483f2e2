"""Which lists of a key restrict nothing, though they are not empty. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from apikeys.access.client_ip import parse_network


def covers_every_address(networks: Iterable[str]) -> bool:
    """Tell whether networks together hold every IPv4 or every IPv6 address."""
    parsed = [parse_network(network) for network in networks]
    ipv4 = collapse_addresses(each for each in parsed if isinstance(each, IPv4Network))
    ipv6 = collapse_addresses(each for each in parsed if isinstance(each, IPv6Network))
    return any(not network.prefixlen for network in ipv4) or any(
        not network.prefixlen for network in ipv6
    )


def covers_every_path(patterns: Iterable[str]) -> bool:
    """Tell whether one of the patterns, in normal form, matches every call: `*`, `/*`."""
    return any("*" in pattern and set(pattern) <= {"*", "/"} for pattern in patterns)
