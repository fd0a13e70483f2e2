"""The values of a key as services take them, and which of them do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from dataclasses import fields as dataclass_fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from django.contrib.auth.models import Group

from apikeys.access.client_ip import MalformedNetwork, parse_network
from apikeys.access.key_types import KEY_TYPES, misfits
from apikeys.access.networks import cover_everybody
from apikeys.access.paths import MalformedPattern, is_open_pattern, normal_pattern
from apikeys.changes.errors import InvalidFields

# Beyond it the calendars of some time zones end.
MAX_EXPIRY = timedelta(days=36525)
NAME_TAKEN = "A key of this type has this name already."


class FieldGroup(StrEnum):
    """The part of a page in which a field is asked for."""

    KEY = "key"
    NOTE = "note"
    RESTRICTIONS = "restrictions"


@dataclass(frozen=True, slots=True)
class Setting:
    """How a field of `KeySettings` is asked for; its form field has the same name.

    `option`, `metavar` and `help` are those of the commands. A list that may be empty
    only on purpose has the name of the tick that says so, `open_box`;
    `is_risky_when_open` is for its pill.
    """

    group: FieldGroup
    option: str = ""
    metavar: str | None = None
    help: str | None = None
    open_box: str = ""
    is_risky_when_open: bool = False


def _asked(group: FieldGroup, option: str = "", **more: Any) -> dict[str, Setting]:
    return {"setting": Setting(group, option, **more)}


@dataclass(frozen=True, slots=True)
class KeySettings:
    """The fields of a key that may change during its life: the only list of them.

    Columns and form fields have these names; pages, commands and audit entries loop
    over them. `networks` and `endpoints` are in normal form (see
    `client_ip.parse_network` and `paths.normal_pattern`).
    """

    name: str = field(metadata=_asked(FieldGroup.KEY))
    networks: tuple[str, ...] = field(
        default=(),
        metadata=_asked(
            FieldGroup.RESTRICTIONS,
            "--allow-ip",
            metavar="NETWORK",
            help="An address or network that may call; repeatable.",
            open_box="open_to_any_address",
            is_risky_when_open=True,
        ),
    )
    endpoints: tuple[str, ...] = field(
        default=(),
        metadata=_asked(
            FieldGroup.RESTRICTIONS,
            "--endpoint",
            metavar="PATTERN",
            help="A path that may be called, * for any run of characters, methods before"
            ' it if only some: "GET /path/*"; repeatable.',
            open_box="all_endpoints",
        ),
    )
    read_only: bool = field(
        default=False,
        metadata=_asked(
            FieldGroup.RESTRICTIONS,
            "--read-only",
            help="Whether only calls that read may pass: GET, HEAD and OPTIONS.",
        ),
    )
    public_url: str = field(
        default="",
        metadata=_asked(
            FieldGroup.RESTRICTIONS,
            "--public-url",
            metavar="URL",
            help="Address of the portal, to which e-mails to its users link.",
        ),
    )
    accepts_parameters: bool = field(
        default=False,
        metadata=_asked(
            FieldGroup.RESTRICTIONS,
            "--accept-parameters",
            help="Whether credentials are accepted as parameters.",
        ),
    )
    note: str = field(
        default="",
        metadata=_asked(
            FieldGroup.NOTE, "--note", metavar="TEXT", help="A note for colleagues."
        ),
    )

    @classmethod
    def of(cls, key: object) -> Self:
        """Return the settings of an `ApiKey`, whose columns have the names of the fields."""
        values = {name: getattr(key, name) for name in SETTINGS}
        settled: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**settled)


SETTINGS: Mapping[str, Setting] = {
    each.name: each.metadata["setting"] for each in dataclass_fields(KeySettings)
}
# The tick of each list that may be empty only on purpose.
OPEN_BOXES: Mapping[str, str] = {
    name: setting.open_box for name, setting in SETTINGS.items() if setting.open_box
}


def is_open(name: str, values: Iterable[str]) -> bool:
    """Tell whether a list in normal form restricts nothing: it is empty, or holds all."""
    given = tuple(values)
    if not given:
        return True
    if name == "networks":
        return cover_everybody(map(parse_network, given))
    return any(map(is_open_pattern, given))


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
        if fields.networks and is_open("networks", fields.networks):
            errors["networks"] = "These hold every address: an empty list says so."
    except MalformedNetwork:
        errors["networks"] = "These are no networks."
    try:
        patterns = [normal_pattern(pattern) for pattern in fields.endpoints]
        if patterns and is_open("endpoints", patterns):
            errors["endpoints"] = "These match every path: an empty list says so."
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
