"""May this key make this call? A rule is one value, their order one tuple.

Pure: no row, no clock, no request. The caller has verified the secret before it
asks (DESIGN rules 1 and 2 are `credentials` and `keys.verification`), so a refusal
from here may say precisely what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from apikeys.access.client_ip import Address, Network, contains
from apikeys.access.endpoint_permissions import Route
from apikeys.access.key_types import SELF_PATHS
from apikeys.access.paths import READING_METHODS, Pattern, is_below
from apikeys.access.refusals import (
    CREDENTIALS_IN_PARAMETERS,
    ENDPOINT_NOT_ALLOWED,
    IP_NOT_ALLOWED,
    KEY_EXPIRED,
    KEY_INACTIVE,
    METHOD_NOT_ALLOWED,
    PATH_MALFORMED,
    PERMISSION_MISSING,
    TYPE_NOT_ALLOWED,
    Refusal,
)


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


class Call(NamedTuple):
    """What the rules ask about one request, as values.

    `method` is in capitals, GET for HEAD; `path` is the normal form that `paths`
    makes, None where the path was malformed; `address` is None where it is unknown;
    `route` is the endpoint of ours that the path is, None for the host CRM's paths.
    """

    method: str
    path: str | None
    address: Address | None
    at: datetime
    route: Route | None = None
    in_parameters: bool = False


def check_carrier(grant: Grant, call: Call) -> Refusal | None:
    if not call.in_parameters or grant.accepts_parameters:
        return None
    return CREDENTIALS_IN_PARAMETERS


def _carrier_reason(grant: Grant, call: Call) -> str:
    return "The credential stands where the key allows it."


def check_active(grant: Grant, call: Call) -> Refusal | None:
    return None if grant.is_active else KEY_INACTIVE


def _active_reason(grant: Grant, call: Call) -> str:
    return "The key is active."


def check_expiry(grant: Grant, call: Call) -> Refusal | None:
    if grant.expires_at is None or call.at < grant.expires_at:
        return None
    return KEY_EXPIRED.because(f"This key expired at {utc(grant.expires_at)}.")


def _expiry_reason(grant: Grant, call: Call) -> str:
    if grant.expires_at is None:
        return "The key never expires."
    return f"The key expires at {utc(grant.expires_at)}."


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


def _network_reason(grant: Grant, call: Call) -> str:
    for network in grant.networks:
        if call.address is not None and call.address in network:
            return f"The address {call.address} is in {network}."
    return "The key is open to any address."


def check_path(grant: Grant, call: Call) -> Refusal | None:
    return PATH_MALFORMED if call.path is None else None


def _path_reason(grant: Grant, call: Call) -> str:
    return "The path is in normal form."


def check_type(grant: Grant, call: Call) -> Refusal | None:
    path = call.path or ""
    for prefix in grant.covered:
        if is_below(path, prefix):
            return None
    return TYPE_NOT_ALLOWED.because(
        f"A key of type {grant.key_type} does not cover {path}."
    )


def _type_reason(grant: Grant, call: Call) -> str:
    path = call.path or ""
    prefixes = (prefix for prefix in grant.covered if is_below(path, prefix))
    return f"Type {grant.key_type} covers {next(prefixes, path)}."


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


def _endpoint_reason(grant: Grant, call: Call) -> str:
    path = call.path or ""
    if path in SELF_PATHS:
        return "Every key may call this path, whatever its endpoint permissions say."
    text = "The key may call all endpoints of its type."
    for pattern in grant.endpoints:
        if pattern.matches(call.method, path):
            text = f"The endpoint permission {pattern.text} matches."
            break
    if grant.is_read_only:
        text += f" The key is read only, and {call.method} only reads."
    return text


def check_permission(grant: Grant, call: Call) -> Refusal | None:
    if call.route is None:
        return None
    if call.method not in call.route.permissions:
        return METHOD_NOT_ALLOWED.because(
            f"This endpoint answers {', '.join(call.route.permissions)} only."
        )
    permission = call.route.permissions[call.method]
    if permission is None or permission in grant.permissions:
        return None
    return PERMISSION_MISSING.because(f"None of the key's roles holds {permission}.")


def _permission_reason(grant: Grant, call: Call) -> str:
    permission = call.route and call.route.permissions.get(call.method)
    if permission:
        return f"A role holds {permission}."
    return "The endpoint needs no permission here."


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `check` refuses or returns None, `reason` says why it did not refuse."""

    name: str
    check: Callable[[Grant, Call], Refusal | None]
    reason: Callable[[Grant, Call], str]


# A later rule may tell more about the key than an earlier one: keep the order.
RULES: tuple[Rule, ...] = (
    Rule("carrier", check_carrier, _carrier_reason),
    Rule("active", check_active, _active_reason),
    Rule("expiry", check_expiry, _expiry_reason),
    Rule("network", check_network, _network_reason),
    Rule("path", check_path, _path_reason),
    Rule("type", check_type, _type_reason),
    Rule("endpoint", check_endpoint, _endpoint_reason),
    Rule("permission", check_permission, _permission_reason),
)

_CHECKS = tuple(rule.check for rule in RULES)


def first_refusal(grant: Grant, call: Call) -> Refusal | None:
    """Return the first rule's refusal in the order of `RULES`, or None."""
    for check in _CHECKS:
        refusal = check(grant, call)
        if refusal is not None:
            return refusal
    return None


def utc(at: datetime) -> str:
    """Return an instant as text for people: `2027-02-19 22:10:55 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
