"""The paths that a key's type covers, as a person reads them beside the endpoints."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apikeys.access.key_types import SELF_PATHS, covered_prefixes
from apikeys.access.paths import compile_pattern
from apikeys.app_settings import app_settings


def type_patterns(key_type: str) -> list[str]:
    """Return patterns for all that a type covers, without what every key may call."""
    covered = covered_prefixes(key_type, app_settings.KEY_TYPE_EXTRA_PATHS)
    return [f"{prefix}/*" for prefix in covered if prefix not in SELF_PATHS]


def endpoint_warnings(key_type: str, endpoints: Iterable[str]) -> list[str]:
    """Warn of patterns, in stored form, that no path of the type matches."""
    covered = covered_prefixes(key_type, app_settings.KEY_TYPE_EXTRA_PATHS)
    outside = [
        endpoint
        for endpoint in endpoints
        if not any(map(compile_pattern(endpoint).reaches, covered))
    ]
    if not outside:
        return []
    text = _("Outside the paths of this type, so no call will match: %(outside)s.")
    own = _("The type's own paths are %(own)s.")
    return [
        f"{text % {'outside': ', '.join(outside)}}"
        f" {own % {'own': ', '.join(type_patterns(key_type))}}"
    ]
