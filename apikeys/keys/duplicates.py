"""A second key like one that is there, since roles and expiry are fixed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apikeys.access.key_types import MAX_NAME_LENGTH
from apikeys.keys.forms import EXPIRY_PRESETS
from apikeys.keys.models import ApiKey
from apikeys.keys.values import OPEN_BOXES, KeySettings

# Room for the longest end of a name.
_CUT = MAX_NAME_LENGTH - len(" copy 999")


def initial_of_duplicate(key: ApiKey) -> dict[str, Any]:
    """Return the first values of the create form: all but name, token and password."""
    settings = asdict(KeySettings.of(key))
    ticks = {box: not settings[field] for field, box in OPEN_BOXES.items()}
    return {
        **settings,
        **ticks,
        "name": _free_name(key),
        "key_type": key.key_type,
        "roles": [role.pk for role in key.roles.all()],
        "expires": _lifetime(key),
    }


def _free_name(key: ApiKey) -> str:
    taken = set(
        ApiKey.objects.present()
        .filter(key_type=key.key_type)
        .filter(name__startswith=key.name[:_CUT])
        .values_list("name", flat=True)
    )
    ends = (" copy", *(f" copy {number}" for number in range(2, 1000)))
    names = (key.name[: MAX_NAME_LENGTH - len(end)] + end for end in ends)
    return next((name for name in names if name not in taken), "")


def _lifetime(key: ApiKey) -> str:
    """Return the choice that is as long as the key's life, or the usual one."""
    if key.expires_at is None:
        return "never"
    days = round((key.expires_at - key.created_at).total_seconds() / 86400)
    return str(days) if str(days) in EXPIRY_PRESETS else "90"
