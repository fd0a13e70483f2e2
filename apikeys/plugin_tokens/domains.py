"""Domains of plugin tokens: their one written form, and which sites they let in.

A domain is stored in ASCII (IDNA 2008 after the mapping of UTS #46) in lower
case, with a port only where one was given: `example.com`, `localhost:3000`. It
covers itself and its subdomains on a label boundary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address

import idna

MAX_TEXT_LENGTH = 5000
_MAX_PORT = 65535
_SHOWN_LENGTH = 60
_DEFAULT_PORTS = {"http": 80, "https": 443}

_SEPARATOR = re.compile(r"[,\r\n]")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
# No top-level domain starts with a digit; what ends so is an address or an error.
_NUMERIC_END = re.compile(r"(?:^|\.)[0-9][^.]*$")
# As browsers write an origin (RFC 6454, 6.2), though case and a root dot are
# forgiven. Underscores are let through here and not in a registered domain:
# names with one exist, and the domain above them may be registered.
_ORIGIN = re.compile(
    r"(https?)://((?:[a-z0-9_-]+\.)*[a-z0-9_-]+)\.?(?::([0-9]{1,5}))?", re.IGNORECASE
)
_REFERER = re.compile(r"(https?://[^/?#\\@]*)(?:[/?#].*)?", re.IGNORECASE | re.DOTALL)


class MalformedDomains(ValueError):
    """The text is no list of domains; `problems` says of each wrong part why."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a page stands. `text` is what the browser sent for it."""

    text: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Domain:
    """A registered domain; without a port it stands for every port."""

    host: str
    port: int | None = None

    def covers(self, origin: Origin) -> bool:
        """Tell whether a page of that origin is on this domain or below it."""
        if self.port is not None and self.port != origin.port:
            return False
        return origin.host == self.host or origin.host.endswith(f".{self.host}")


def parse_domains(text: str) -> list[str]:
    """Return the normal forms of a comma-separated list, each once, in its order.

    Line breaks separate too, and blank parts are dropped. Raises
    `MalformedDomains` where a part is no domain, nothing is left, or the text or
    its normal form is longer than `MAX_TEXT_LENGTH`.
    """
    if len(text) > MAX_TEXT_LENGTH:
        raise MalformedDomains(_too_long())
    domains: dict[str, None] = {}
    problems: dict[str, None] = {}
    for part in filter(None, map(str.strip, _SEPARATOR.split(text))):
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
    _refuse_urls(text)
    host, colon, port = text.partition(":")
    if colon and not (_PORT.fullmatch(port) and int(port) <= _MAX_PORT):
        raise _problem(text, f"has a port that is no number from 1 to {_MAX_PORT}.")
    try:
        name = idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError:
        raise _problem(text, "is not a valid domain name.") from None
    name = name.removesuffix(".")
    if _NUMERIC_END.search(name) and not _is_ipv4(name):
        raise _problem(text, "is not a valid domain name.")
    return name + colon + port


def parse_domain(normal: str) -> Domain:
    """Return the matcher of a stored domain."""
    host, _, port = normal.partition(":")
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
    """Return the origin of a web page, or None where the text is none."""
    found = _ORIGIN.fullmatch(text)
    if found is None:
        return None
    scheme, host, port = found.groups()
    return Origin(
        text, host.lower(), int(port) if port else _DEFAULT_PORTS[scheme.lower()]
    )


def _refuse_urls(text: str) -> None:
    if "://" in text or text.startswith("//"):
        raise _problem(text, "has a scheme; write the domain alone.")
    if "*" in text:
        raise _problem(
            text, "has a wildcard; a domain covers its subdomains without one."
        )
    if re.search(r"[/\\?#]", text):
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
