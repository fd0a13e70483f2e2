"""The values of a key as services take them, and which of them do not fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.auth.models import Group

from apikeys.access.client_ip import MalformedNetwork, parse_network
from apikeys.access.key_types import KEY_TYPES, misfits
from apikeys.access.paths import MalformedPattern, normal_pattern
from apikeys.changes.errors import InvalidFields

# Beyond it the calendars of some time zones end.
MAX_EXPIRY = timedelta(days=36525)
NAME_TAKEN = "A key of this type has this name already."


@dataclass(frozen=True, slots=True)
class KeySettings:
    """The fields of a key that may change during its life.

    `networks` and `endpoints` are in normal form (see `client_ip.parse_network`
    and `endpoints.normal_pattern`).
    """

    name: str
    networks: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    public_url: str = ""
    accepts_parameters: bool = False
    note: str = ""

    @classmethod
    def of(cls, key: object) -> Self:
        """Return the settings of an `ApiKey`, whose columns have the names of the fields."""
        values = {
            field.name: getattr(key, field.name) for field in dataclass_fields(cls)
        }
        settled: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**settled)


def refuse_misfits(
    key_type: str,
    fields: KeySettings,
    *,
    roles: Iterable[Group] = (),
    password: str = "",
) -> None:
    """Raise `InvalidFields` for what the type does not have, or lacks, or no one can read."""
    given = {**asdict(fields), "roles": list(roles), "password": password}
    errors = misfits(KEY_TYPES[key_type], given) | _unreadable(fields)
    if errors:
        raise InvalidFields(errors)


def _unreadable(fields: KeySettings) -> dict[str, str]:
    """Find what no entrance should hand down: one bad row would fail each of its calls."""
    errors: dict[str, str] = {}
    try:
        for network in fields.networks:
            parse_network(network)
    except MalformedNetwork:
        errors["networks"] = "These are no networks."
    try:
        for pattern in fields.endpoints:
            normal_pattern(pattern)
    except MalformedPattern:
        errors["endpoints"] = "These are no endpoint patterns."
    return errors


def refuse_expiry(expires_at: datetime | None, at: datetime) -> None:
    """Raise `InvalidFields` for an expiry in the past or beyond `MAX_EXPIRY`."""
    if expires_at is None:
        return
    if expires_at <= at:
        raise InvalidFields({"expires_at": "The expiry is in the past."})
    if expires_at > at + MAX_EXPIRY:
        raise InvalidFields({"expires_at": "The expiry is more than 100 years away."})
