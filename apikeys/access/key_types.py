"""What each key type covers and which fields it has, as data.

The field matrix is that of YetiForce's applications screen; `v1` and `v2` are
TLDCRM's and add roles. A prefix covers itself and everything below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from apikeys.access.names import MalformedName, normal_name

# Every type may ask who it is, what it may do and how the API looks, whatever its
# endpoint patterns say.
SELF_PATHS = ("/api/whoami", "/api/explain", "/api/schema", "/api/docs")


MAX_NAME_LENGTH = 100


class KeyTypeName(StrEnum):
    V1 = "v1"
    V2 = "v2"
    WEBSERVICE_STANDARD = "webservice_standard"
    WEBSERVICE_PREMIUM = "webservice_premium"
    MANAGE_CONSENTS = "manage_consents"
    SMS = "sms"


class Need(Enum):
    REQUIRED = "required"
    OPTIONAL = "optional"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class KeyType:
    """One key type: the paths it covers and the need of each of its fields.

    `label` is plain English, which edges translate; `summary` names its paths.
    """

    name: KeyTypeName
    label: str
    summary: str
    prefixes: tuple[str, ...]
    fields: Mapping[str, Need]
    has_users: bool = False


def _fields(
    required: str = "", optional: str = "", hidden: str = ""
) -> dict[str, Need]:
    needs: dict[str, Need] = {}
    for names, need in (
        (required, Need.REQUIRED),
        (optional, Need.OPTIONAL),
        (hidden, Need.HIDDEN),
    ):
        needs |= dict.fromkeys(names.split(), need)
    return needs


_CALLS = _fields(
    required="roles",
    optional="networks endpoints accepts_parameters",
    hidden="password public_url",
)
_APPLICATION = _fields(
    required="password",
    optional="networks endpoints public_url",
    hidden="roles accepts_parameters",
)
_SMS = _fields(
    required="networks",
    optional="endpoints accepts_parameters",
    hidden="roles password public_url",
)

KEY_TYPES: Mapping[str, KeyType] = {
    kind.name: kind
    for kind in (
        KeyType(
            KeyTypeName.V1,
            "v1",
            "/api/egress, /api/ingress",
            ("/api/egress", "/api/ingress", "/api/api-tokens"),
            _CALLS,
        ),
        KeyType(
            KeyTypeName.V2,
            "v2",
            "/api/v2",
            ("/api/v2", "/api/api-tokens"),
            _CALLS,
        ),
        KeyType(
            KeyTypeName.WEBSERVICE_STANDARD,
            "Web service: standard",
            "/webservice/WebserviceStandard",
            ("/webservice/WebserviceStandard",),
            _APPLICATION,
            has_users=True,
        ),
        KeyType(
            KeyTypeName.WEBSERVICE_PREMIUM,
            "Web service: premium",
            "/webservice/WebservicePremium",
            ("/webservice/WebservicePremium",),
            _APPLICATION,
            has_users=True,
        ),
        KeyType(
            KeyTypeName.MANAGE_CONSENTS,
            "Manage consents",
            "/webservice/ManageConsents",
            ("/webservice/ManageConsents",),
            _APPLICATION,
            has_users=True,
        ),
        KeyType(
            KeyTypeName.SMS,
            "SMS",
            "/webservice/SMS",
            ("/webservice/SMS",),
            _SMS,
            has_users=True,
        ),
    )
}


_MISSING = {
    "roles": "Keys of this type need at least one role.",
    "networks": "Keys of this type need at least one allowed network.",
}


def covered_prefixes(
    key_type: str, extra: Mapping[str, Iterable[str]]
) -> tuple[str, ...]:
    """Return all path prefixes that a type covers, the host CRM's `extra` included."""
    return (*KEY_TYPES[key_type].prefixes, *extra.get(key_type, ()), *SELF_PATHS)


def misfits(kind: KeyType, given: Mapping[str, object]) -> dict[str, str]:
    """Return by field what is missing or too much in the values for a key of a type.

    A missing password is no misfit: one is made where it is needed.
    """
    errors: dict[str, str] = {}
    for name, need in kind.fields.items():
        if need is Need.HIDDEN and given.get(name):
            errors[name] = "Keys of this type do not have this field."
        if need is Need.REQUIRED and not given.get(name) and name != "password":
            errors[name] = _MISSING[name]
    name_given = str(given.get("name", ""))
    try:
        normal_name(name_given, MAX_NAME_LENGTH)
    except MalformedName as error:
        errors["name"] = str(error) if name_given.strip() else "A key needs a name."
    if ":" in name_given and kind.fields["password"] is not Need.HIDDEN:
        errors["name"] = "The name of a key with an application password has no colon."
    return errors
