"""What a plugin token may do. Pure, like `access.rules`.

A plugin token stands in the source of a page for everybody to read. It proves
nothing about who calls; the browser's own word on where the page stands does.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from apikeys.access.refusals import Refusal
from apikeys.plugin_tokens.domains import Domain, Origin, site_of

MAX_NAME_LENGTH = 255
_FORBIDDEN = HTTPStatus.FORBIDDEN.value

TOKEN_MISSING = Refusal(
    "token_missing", "No plugin token", "Send a plugin token.", _FORBIDDEN, _FORBIDDEN
)
TOKEN_INVALID = Refusal(
    "token_invalid",
    "Invalid plugin token",
    "There is no such plugin token.",
    _FORBIDDEN,
    _FORBIDDEN,
)
TOKENS_AMBIGUOUS = Refusal(
    "credentials_ambiguous",
    "Two different tokens",
    "The call carries more than one plugin token. Send exactly one.",
    _FORBIDDEN,
    _FORBIDDEN,
)
DOMAIN_NOT_ALLOWED = Refusal(
    "domain_not_allowed",
    "Domain not allowed",
    "The page's origin is on none of the token's domains.",
    _FORBIDDEN,
    _FORBIDDEN,
)
TOKEN_IN_BROWSER = Refusal(
    "token_in_browser",
    "Not from a browser",
    "A plugin token manages tokens from a server, never from a browser.",
    _FORBIDDEN,
    _FORBIDDEN,
)
TOKEN_MAY_NOT_MANAGE = Refusal(
    "token_may_not_manage",
    "May not manage tokens",
    'This plugin token is not marked "may manage tokens".',
    _FORBIDDEN,
    _FORBIDDEN,
)


def allowed_site(
    domains: Iterable[Domain], origin: str | None, referer: str | None
) -> Origin | Refusal:
    """Return the site that calls, or refuse one on none of the domains, or unknown."""
    site = site_of(origin, referer)
    if site is not None and any(domain.covers(site) for domain in domains):
        return site
    return DOMAIN_NOT_ALLOWED


def check_management(*, is_marked: bool, is_browser: bool) -> Refusal | None:
    """Refuse a proved plugin token as a credential of the tokens' own API."""
    if is_browser:
        return TOKEN_IN_BROWSER
    return None if is_marked else TOKEN_MAY_NOT_MANAGE
