"""Public suffixes: names such as `com` and `github.io`, below which anybody can have one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from publicsuffixlist import PublicSuffixList

from apikeys.plugin_tokens.domains import parse_domain


def public_suffixes(domains: Iterable[str]) -> list[str]:
    """Return the domains, in stored form, that are public suffixes.

    By both parts of the list, ICANN's and the private one. A name of no part of it,
    such as `localhost`, is none.
    """
    return [domain for domain in domains if _is_public(domain)]


def _is_public(domain: str) -> bool:
    parsed = parse_domain(domain)
    return not parsed.scheme and _list().is_public(parsed.host)


@cache
def _list() -> PublicSuffixList:
    # Reading it takes a tenth of a second, which only changes of domains wait for.
    return PublicSuffixList(accept_unknown=False)
