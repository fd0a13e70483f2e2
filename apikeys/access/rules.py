"""May this key make this call? One rule is one function, their order one tuple.

Pure: no row, no clock, no request. The caller has proved the secret before it
asks (rules 1 and 2 are `credentials` and `keys.cache`), so a refusal from here may
say precisely what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from apikeys.access.client_ip import Address, Network, contains
from apikeys.access.key_types import SELF_PATHS
from apikeys.access.paths import READING_METHODS, Pattern, is_below
from apikeys.access.refusals import (
    CREDENTIALS_IN_PARAMETERS,
    ENDPOINT_NOT_ALLOWED,
    IP_NOT_ALLOWED,
    KEY_EXPIRED,
    KEY_INACTIVE,
    PATH_MALFORMED,
    PERMISSION_MISSING,
    TYPE_NOT_ALLOWED,
    Refusal,
)

# A key whose calls have a long path each must not fill the memory with them.
_LONGEST_REMEMBERED_PATH = 200


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """What a key may do, as values; whatever changes there makes a new grant.

    `covered` are the path prefixes of its type; empty `networks` mean any
    address, empty `endpoints` every endpoint of the type.
    """

    key_id: str
    name: str
    key_type: str
    covered: tuple[str, ...]
    is_active: bool = True
    expires_at: datetime | None = None
    networks: tuple[Network, ...] = ()
    endpoints: tuple[Pattern, ...] = ()
    is_read_only: bool = False
    roles: tuple[str, ...] = ()
    permissions: frozenset[str] = field(default_factory=frozenset)
    location_id: int | None = None
    location: str = ""
    accepts_parameters: bool = False

    def has_expired(self, at: datetime) -> bool:
        """Tell whether the key has expired, which it has from that very instant on."""
        return self.expires_at is not None and at >= self.expires_at


class Call(NamedTuple):
    """What the rules ask about one request, as values.

    `path` is the normal form that `endpoints` makes, or nothing where the path
    was malformed; `address` is nothing where it is unknown; `is_late` tells that
    the key had expired by then; `permission` is the Django permission
    ("app.codename") that the endpoint needs with the method of the request; `method`
    is in capitals, GET for HEAD (see `paths.judged_method`).
    """

    path: str | None
    address: Address | None
    is_late: bool
    permission: str | None = None
    in_parameters: bool = False
    header_names: str = "Authorization"
    method: str = "GET"


def check_carrier(grant: Grant, call: Call) -> Refusal | None:
    if not call.in_parameters or grant.accepts_parameters:
        return None
    return CREDENTIALS_IN_PARAMETERS.because(
        "This key does not accept credentials as parameters."
        f" Send them in a header instead: {call.header_names}."
    )


def check_active(grant: Grant, call: Call) -> Refusal | None:
    return None if grant.is_active else KEY_INACTIVE


def check_expiry(grant: Grant, call: Call) -> Refusal | None:
    if grant.expires_at is None or not call.is_late:
        return None
    return KEY_EXPIRED.because(f"This key expired at {utc(grant.expires_at)}.")


def check_network(grant: Grant, call: Call) -> Refusal | None:
    if not grant.networks:
        return None
    if call.address is None:
        return IP_NOT_ALLOWED.because(
            "The caller's address is unknown, and this key has allowed networks."
        )
    if contains(grant.networks, call.address):
        return None
    return IP_NOT_ALLOWED.because(
        f"The caller's address {call.address} is in none of the key's allowed networks."
    )


def check_path(grant: Grant, call: Call) -> Refusal | None:
    return PATH_MALFORMED if call.path is None else None


def check_type(grant: Grant, call: Call) -> Refusal | None:
    path = call.path or ""
    for prefix in grant.covered:
        if is_below(path, prefix):
            return None
    return TYPE_NOT_ALLOWED.because(
        f"A key of type {grant.key_type} does not cover {path}."
    )


def check_endpoint(grant: Grant, call: Call) -> Refusal | None:
    path = call.path or ""
    if path in SELF_PATHS:
        return None
    if grant.is_read_only and call.method not in READING_METHODS:
        return ENDPOINT_NOT_ALLOWED.because(
            f"This key is read only: GET, HEAD and OPTIONS may pass, {call.method} not."
        )
    if not grant.endpoints:
        return None
    for pattern in grant.endpoints:
        if pattern.matches(call.method, path):
            return None
    return _no_endpoint_matches(grant, call.method, path)


def _no_endpoint_matches(grant: Grant, method: str, path: str) -> Refusal:
    detail = f"No endpoint permission matches {method} {path}."
    others = [
        other
        for pattern in grant.endpoints
        if pattern.matches_path(path)
        for other in pattern.methods
    ]
    if others:
        detail += f" The key allows it only for {', '.join(dict.fromkeys(others))}."
    return ENDPOINT_NOT_ALLOWED.because(detail)


def check_permission(grant: Grant, call: Call) -> Refusal | None:
    if call.permission is None or call.permission in grant.permissions:
        return None
    return PERMISSION_MISSING.because(
        f"None of the key's roles holds {call.permission}."
    )


Rule = Callable[[Grant, Call], Refusal | None]

# A later rule may tell more about the key than an earlier one: keep the order.
RULES: tuple[Rule, ...] = (
    check_carrier,
    check_active,
    check_expiry,
    check_network,
    check_path,
    check_type,
    check_endpoint,
    check_permission,
)


def first_refusal(grant: Grant, call: Call) -> Refusal | None:
    """Return the first rule's refusal in the order of `RULES`, or nothing."""
    if call.path is not None and len(call.path) > _LONGEST_REMEMBERED_PATH:
        return _ask(grant, call)
    return _remembered(grant, call)


def _ask(grant: Grant, call: Call) -> Refusal | None:
    for rule in RULES:
        refusal = rule(grant, call)
        if refusal is not None:
            return refusal
    return None


# Clients repeat themselves, and a grant never changes: the same call to the same
# grant gets the answer that it got. As many as a key cache has keys by default.
_remembered = lru_cache(maxsize=10_000)(_ask)


def utc(at: datetime) -> str:
    """Return an instant as text for people: `2027-02-19 22:10:55 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
