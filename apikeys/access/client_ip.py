"""The caller's address, told by proxies that are trusted and by no one else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Literal

from apikeys.access.networks import Network, meant_networks

Address = IPv4Address | IPv6Address
# A proxy: a network, or whoever is connected to the server's Unix socket.
Proxy = Network | Literal["unix"]
UNIX: Literal["unix"] = "unix"

# ::ffff:0:0/96 holds all IPv4 addresses (RFC 4291, 2.5.5.2).
_MAPPED_PREFIX = 96
# The longest text of an IPv6 address: eight groups, the last two as IPv4.
_MAX_ADDRESS_LENGTH = 45
_MAX_HOP_LENGTH = _MAX_ADDRESS_LENGTH + len("[]:65535")
# An address as IIS and Azure forward it, with the port that it called from.
_WITH_PORT = re.compile(r"(?:([0-9.]+)|\[([^\[\]]*:[^\[\]]*)\])(?::([0-9]{1,5}))?")
_MAX_PORT = 65535
# Peers without an address: what servers, and nginx as a hop, call a Unix socket.
_UNIX_PEERS = ("", "unix:")
# A few hops; longer headers are read each time.
_MAX_REMEMBERED_WALK = 4 * _MAX_ADDRESS_LENGTH


class MalformedNetwork(ValueError):
    """The text is no network; `suggestion` is what it probably means.

    That is one network where it `has_host_bits`, else one or more, comma-separated.
    """

    def __init__(
        self, text: str, suggestion: str = "", *, has_host_bits: bool = False
    ) -> None:
        super().__init__(text)
        self.text = text
        self.suggestion = suggestion
        self.has_host_bits = has_host_bits


def parse_address(text: str) -> Address | None:
    """Return the address, an IPv4-mapped IPv6 one folded to IPv4, or None.

    A zone id or a port is no part of an address; such text is no address.
    """
    text = text.strip()
    if len(text) > _MAX_ADDRESS_LENGTH:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        return address.ipv4_mapped or address
    return address


def parse_network(text: str) -> Network:
    """Return the network (a bare address is one of its own).

    An IPv4-mapped one is folded to IPv4, as addresses are. Raises `MalformedNetwork`,
    with the enclosing network as its suggestion where host bits are set.
    """
    try:
        return _folded(ip_network(text))
    except ValueError:
        pass
    try:
        suggestion = str(_folded(ip_network(text, strict=False)))
    except ValueError:
        raise MalformedNetwork(text, ", ".join(meant_networks(text))) from None
    raise MalformedNetwork(text, suggestion, has_host_bits=True)


def parse_proxy(text: str) -> Proxy:
    """Return the proxies that an entry of `TRUSTED_PROXIES` means: a network, or `unix`."""
    return UNIX if text == UNIX else parse_network(text)


def contains(networks: Iterable[Network], address: Address) -> bool:
    """Tell whether one of the networks holds the address."""
    for network in networks:  # noqa: SIM110 (any() takes twice as long)
        if address in network:  # never in one of the other version
            return True
    return False


class TrustedProxies:
    """Proxies, by their networks, whose word about the caller is believed.

    With `unix` among them also whoever is connected to the server's Unix socket.
    """

    def __init__(self, proxies: Iterable[Proxy]) -> None:
        given = tuple(proxies)
        self._networks = tuple(each for each in given if each != UNIX)
        self._unix_peers = _UNIX_PEERS if UNIX in given else ()
        # Proxies and callers come back, and reading an address is slow.
        self._hops = lru_cache(maxsize=4096)(self._look_up)
        self._walks = lru_cache(maxsize=4096)(self._walk)

    def trusts(self, remote: str) -> bool:
        """Tell whether a peer is one of the proxies."""
        return self._hop(remote)[1] or remote in self._unix_peers

    def caller(self, remote: str, forwarded_for: str | None) -> Address | None:
        """Walk `X-Forwarded-For` from the right and stop at the first untrusted hop.

        The peer itself counts as the last hop. A hop that is no address ends the
        walk with None: what stands left of it may be forged.
        """
        if forwarded_for is not None and len(forwarded_for) > _MAX_REMEMBERED_WALK:
            return self._walk(remote, forwarded_for)
        return self._walks(remote, forwarded_for)

    def _walk(self, remote: str, forwarded_for: str | None) -> Address | None:
        address: Address | None = None
        if remote not in self._unix_peers:
            address, is_trusted = self._hop(remote)
            if not is_trusted:
                return address
        for text in reversed((forwarded_for or "").split(",")):
            address, is_trusted = self._hop(text)
            if not is_trusted:
                return address
        return address

    def _hop(self, text: str) -> tuple[Address | None, bool]:
        text = text.strip()
        # What is longer than any address is not worth remembering.
        if len(text) > _MAX_HOP_LENGTH:
            return None, False
        # Without its port, which is another one in each connection.
        return self._hops(_without_port(text) if ":" in text else text)

    def _look_up(self, text: str) -> tuple[Address | None, bool]:
        address = parse_address(text)
        return address, address is not None and contains(self._networks, address)


def _without_port(text: str) -> str:
    found = _WITH_PORT.fullmatch(text)
    if found is None or int(found[3] or 0) > _MAX_PORT:
        return text
    return found[1] or found[2]


def _folded(network: Network) -> Network:
    if isinstance(network, IPv6Network):
        mapped = network.network_address.ipv4_mapped
        if network.network_address.scope_id is not None:
            raise ValueError(network)
        if mapped is not None and network.prefixlen >= _MAPPED_PREFIX:
            return IPv4Network((mapped, network.prefixlen - _MAPPED_PREFIX))
    return network
