"""Domains of plugin tokens: their one written form, and which sites they let in.

A domain is stored in ASCII (IDNA 2008 after the mapping of UTS #46) in lower
case, with a port only where one was given: `example.com`, `localhost:3000`. It
covers itself and its subdomains on a label boundary. An app's address, such as
`capacitor://localhost`, is stored with its scheme and covers itself alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

import idna

from apikeys.access.entries import entries

MAX_TEXT_LENGTH = 5000
_MAX_PORT = 65535
_SHOWN_LENGTH = 60
_DEFAULT_PORTS = {"http": 80, "https": 443}

_PORT = re.compile(r"[1-9][0-9]{0,4}")
_URL_START = re.compile(r"(?:(?:https?|wss?):)?//", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"(\[[^\[\]]*\]|[^:]*)(?:(:)(.*))?", re.DOTALL)
_ANY_PORT = "*"
# No top-level domain starts with a digit; what ends so is an address or an error.
_NUMERIC_END = re.compile(r"(?:^|\.)[0-9][^.]*$")
# As browsers write an origin (RFC 6454, 6.2), though case and a root dot are
# forgiven. Underscores are let through here and not in a registered domain:
# names with one exist, and the domain above them may be registered.
_ORIGIN = re.compile(
    r"(https?)://(\[[0-9a-f:.]+\]|(?:[a-z0-9_-]+\.)*[a-z0-9_-]+)\.?(?::([0-9]{1,5}))?",
    re.IGNORECASE,
)
# Pages inside apps have schemes of their own; a page of these has no origin at all.
_APP = re.compile(
    r"([a-z][a-z0-9+.-]*)://([^/?#]*)(?:[/?#].*)?", re.IGNORECASE | re.DOTALL
)
_APP_HOST = re.compile(r"[a-z0-9._-]{1,253}", re.IGNORECASE)
_WEB = ("http", "https", "ws", "wss")
_NO_ORIGIN = ("ftp", "file", "data", "blob", "about")
_REFERER = re.compile(r"(https?://[^/?#\\@]*)(?:[/?#].*)?", re.IGNORECASE | re.DOTALL)


class MalformedDomains(ValueError):
    """The text is no list of domains; `problems` says of each wrong part why."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a page stands. `text` is what the browser sent for it.

    `scheme` is that of an app; empty for the web. An app's page has no port.
    """

    text: str
    host: str
    port: int
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Domain:
    """A registered domain; without a port it stands for every port."""

    host: str
    port: int | None = None
    scheme: str = ""

    def covers(self, origin: Origin) -> bool:
        """Tell whether a page of that origin is on this domain or below it."""
        if self.scheme or origin.scheme:
            return (self.scheme, self.host) == (origin.scheme, origin.host)
        if self.port is not None and self.port != origin.port:
            return False
        return origin.host == self.host or origin.host.endswith(f".{self.host}")


def parse_domains(text: str) -> list[str]:
    """Return the normal forms of the entries of a list, each once, in its order.

    Of a pasted URL its scheme and path are left out. Raises `MalformedDomains`
    where an entry is no domain, nothing is left, or the text or its normal form is
    longer than `MAX_TEXT_LENGTH`.
    """
    if len(text) > MAX_TEXT_LENGTH:
        raise MalformedDomains(_too_long())
    domains: dict[str, None] = {}
    problems: dict[str, None] = {}
    for part in entries(text):
        try:
            domains[normal_domain(part)] = None
        except MalformedDomains as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise MalformedDomains(*problems)
    if not domains:
        raise MalformedDomains("At least one domain is needed.")
    return checked_length(domains)


def checked_length(domains: Iterable[str]) -> list[str]:
    """Return the domains as a list. Raises `MalformedDomains` if it is too long."""
    listed = list(domains)
    if len(joined(listed)) > MAX_TEXT_LENGTH:
        raise MalformedDomains(_too_long())
    return listed


def joined(domains: Iterable[str]) -> str:
    """Return a list of domains as the one string that the API shows."""
    return ",".join(domains)


def normal_domain(text: str) -> str:
    """Return the stored form of one domain. Raises `MalformedDomains`.

    `idna` sees to the lengths: 63 characters a label, 253 in all, in ASCII.
    """
    app = _APP.fullmatch(text)
    scheme = app[1].lower() if app else ""
    if app and scheme not in (*_WEB, *_NO_ORIGIN):
        return _normal_app(text, scheme, app[2].lower())
    if scheme in _NO_ORIGIN:
        raise _problem(text, "is the address of no site or app.")
    host, port = _host_and_port(text)
    if host.startswith("["):
        return _normal_ipv6(text, host) + port
    _refuse_signs(text, host)
    try:
        name = idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError:
        raise _problem(text, "is not a valid domain name.") from None
    name = name.removesuffix(".")
    if _NUMERIC_END.search(name) and not _is_ipv4(name):
        raise _problem(text, "is not a valid domain name.")
    return name + port


def app_addresses(domains: Iterable[str]) -> list[str]:
    """Return the entries, in stored form, that are addresses of apps."""
    return [domain for domain in domains if "://" in domain]


def parse_domain(normal: str) -> Domain:
    """Return the matcher of a stored domain."""
    scheme, slashes, host = normal.partition("://")
    if slashes:
        return Domain(host, scheme=scheme)
    found = _HOST_AND_PORT.fullmatch(normal)
    host, port = (found[1], found[3]) if found else (normal, "")
    return Domain(host, int(port) if port else None)


def site_of(origin: str | None, referer: str | None) -> Origin | None:
    """Return where a call comes from: by its `Origin`, else by its `Referer`.

    An `Origin` that is there decides alone, also if it says nothing ("null").
    """
    if origin is not None:
        return parse_origin(origin)
    found = _REFERER.fullmatch(referer or "")
    return parse_origin(found[1]) if found else None


def parse_origin(text: str) -> Origin | None:
    """Return the origin of a page, or None where the text is none."""
    found = _ORIGIN.fullmatch(text)
    if found is None:
        return _app_origin(text)
    scheme, host, port = found.groups()
    host = host.lower()
    if host.startswith("["):
        host = _ipv6(host) or host
    return Origin(text, host, int(port) if port else _DEFAULT_PORTS[scheme.lower()])


def origin_of_page(address: str) -> str:
    """Return what a browser sends as `Origin` for a page at an address as it is typed."""
    found = _APP.fullmatch(address.strip())
    if found is None:
        return address
    scheme, authority = found[1].lower(), found[2].rpartition("@")[2]
    parts = _HOST_AND_PORT.fullmatch(authority)
    if scheme not in _DEFAULT_PORTS or parts is None:
        return f"{scheme}://{authority.lower()}"
    port = parts[3] or ""
    is_default = port == str(_DEFAULT_PORTS[scheme])
    return f"{scheme}://{_as_sent(parts[1])}" + (
        f":{port}" if port and not is_default else ""
    )


def _as_sent(host: str) -> str:
    if host.startswith("["):
        return _ipv6(host) or host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host.lower()


def _app_origin(text: str) -> Origin | None:
    found = _APP.fullmatch(text)
    if found is None or found.end(2) != len(text):
        return None
    if found[1].lower() in (*_WEB, *_NO_ORIGIN) or not _APP_HOST.fullmatch(found[2]):
        return None
    return Origin(text, found[2].lower(), 0, found[1].lower())


def _normal_app(text: str, scheme: str, host: str) -> str:
    if not host:
        raise _problem(text, f"has no host; write it too, as in {scheme}://localhost.")
    if not _APP_HOST.fullmatch(host):
        raise _problem(text, "is not the address of an app.")
    return f"{scheme}://{host}"


def _host_and_port(text: str) -> tuple[str, str]:
    """Return the host, and the port with its colon or nothing for every port."""
    rest = re.split(r"[/?#]", _URL_START.sub("", text, count=1), maxsplit=1)[0]
    if rest.count(":") > 1 and _ipv6(f"[{rest}]"):
        return f"[{rest}]", ""
    found = _HOST_AND_PORT.fullmatch(rest)
    host, colon, port = found.groups() if found else (rest, "", "")
    if not colon or port == _ANY_PORT:
        return host, ""
    if not (_PORT.fullmatch(port) and int(port) <= _MAX_PORT):
        raise _problem(text, f"has a port that is no number from 1 to {_MAX_PORT}.")
    return host, f":{port}"


def _normal_ipv6(text: str, host: str) -> str:
    address = _ipv6(host)
    if address is None:
        raise _problem(text, "is not a valid domain name.")
    return address


def _ipv6(host: str) -> str | None:
    try:
        address = IPv6Address(host[1:-1])
    except ValueError:
        return None
    if address.scope_id:
        return None
    if address.ipv4_mapped:
        # As browsers write it; Python's own form differs between its versions.
        low = int(address.ipv4_mapped)
        return f"[::ffff:{low >> 16:x}:{low & 0xFFFF:x}]"
    return f"[{address}]"


def _refuse_signs(text: str, host: str) -> None:
    if "*" in host:
        raise _problem(
            text, "has a wildcard; a domain covers its subdomains without one."
        )
    if "\\" in host:
        raise _problem(text, "has a path; write the domain alone.")


def _problem(text: str, what: str) -> MalformedDomains:
    shown = text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"
    # JSON can carry halves of characters, which no answer could repeat.
    shown = shown.encode("utf-8", "replace").decode()
    return MalformedDomains(f"“{shown}” {what}")


def _too_long() -> str:
    return f"The domains have at most {MAX_TEXT_LENGTH} characters together."


def _is_ipv4(name: str) -> bool:
    try:
        return str(IPv4Address(name)) == name
    except ValueError:
        return False
