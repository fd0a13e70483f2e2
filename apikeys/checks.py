"""Wrong settings that can be seen at the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, InterfaceError, connections
from django.db.migrations.recorder import MigrationRecorder

from apikeys.access.client_ip import UNIX
from apikeys.access.gate_headers import FAMILIES
from apikeys.access.key_types import KEY_TYPES
from apikeys.access.networks import cover_everybody
from apikeys.access.paths import is_below, normal_path
from apikeys.access.tokens import MIN_PEPPER_LENGTH
from apikeys.keys.models import KeySecret
from apikeys.keys.routes import DeclaredRoute, declared_routes
from apikeys.plugin_tokens.models import PluginToken

_MIN_DIFFERENT_CHARACTERS = 8
_PAIR = 2
_NEW_PEPPER = (
    "Generate one with: python -c 'import secrets; print(\"1:\" + secrets.token_hex(32))'"
    " and set it as API_KEY_PEPPERS. Keep the old ones: losing a pepper loses its keys."
)
_NEW_FERNET_KEY = (
    "Generate one with: python -c 'from cryptography.fernet import Fernet;"
    " print(Fernet.generate_key().decode())' and set it first in FIELD_ENCRYPTION_KEYS."
    " Keep the old ones until manage.py reencrypt_plugin_tokens has run."
)
# The first migration of the models as they are; databases without it are older.
_FIRST_MIGRATION = "0001_keys_and_people"
_NEW_FILE = (
    "move the file {name} (and {name}-wal and {name}-shm beside it) away, or name"
    " another one in DATABASE_URL"
)
_NEW_DATABASE = "name an empty database in DATABASE_URL in place of {name}"
_WHAT_IT_HOLDS = (
    "What the old one holds can be read only with the version that wrote it: list it"
    " there first (manage.py list_api_keys, list_plugin_tokens)."
)


@register(Tags.security)
def check_peppers(**kwargs: Any) -> list[CheckMessage]:
    """Refuse to start without a strong pepper for the digests of keys."""
    peppers: dict[int, str] = settings.API_KEY_PEPPERS
    if not peppers:
        return [Error("API_KEY_PEPPERS is empty.", _NEW_PEPPER, id="apikeys.E001")]
    return [
        Error(
            f"Pepper {number} in API_KEY_PEPPERS is weak.",
            _NEW_PEPPER,
            id="apikeys.E002",
        )
        for number, pepper in peppers.items()
        if _is_weak(pepper)
    ]


@register(Tags.security)
def check_encryption_keys(**kwargs: Any) -> list[CheckMessage]:
    """Refuse to start without keys that encrypt columns."""
    keys: list[str] = settings.FIELD_ENCRYPTION_KEYS
    if not keys:
        return [
            Error("FIELD_ENCRYPTION_KEYS is empty.", _NEW_FERNET_KEY, id="apikeys.E006")
        ]
    # By their place: a key that is nearly right is still a secret.
    return [
        Error(
            f"Key {place} in FIELD_ENCRYPTION_KEYS is no Fernet key.",
            _NEW_FERNET_KEY,
            id="apikeys.E007",
        )
        for place, key in enumerate(keys, start=1)
        if not _is_fernet_key(key)
    ]


@register(Tags.security)
def check_gate_settings(**kwargs: Any) -> list[CheckMessage]:
    """Refuse values that would leave the gate or a key type without a meaning."""
    problems: list[CheckMessage] = []
    if settings.GATE_HEADERS not in FAMILIES:
        problems.append(
            Error(
                f"GATE_HEADERS is none of {', '.join(FAMILIES)}.",
                "; ".join(f"{name}: {f.proxies}" for name, f in FAMILIES.items()),
                id="apikeys.E003",
            )
        )
    unknown = sorted(set(settings.KEY_TYPE_EXTRA_PATHS) - set(KEY_TYPES))
    if unknown:
        problems.append(
            Error(
                f"KEY_TYPE_EXTRA_PATHS names unknown key types: {', '.join(unknown)}.",
                f"The key types are {', '.join(KEY_TYPES)}.",
                id="apikeys.E004",
            )
        )
    proxies = [each for each in settings.TRUSTED_PROXIES if each != UNIX]
    if cover_everybody(proxies):
        problems.append(
            Error(
                "TRUSTED_PROXIES trusts every address, so any caller can forge its own.",
                "Name the networks of your proxies.",
                id="apikeys.E005",
            )
        )
    return problems


@register(Tags.security)
def check_bounds_of_sign_in(**kwargs: Any) -> list[CheckMessage]:
    """Refuse bounds with which nobody could sign in, or stay signed in."""
    problems: list[CheckMessage] = []
    if settings.PASSWORD_HASHES_AT_ONCE < 1:
        problems.append(
            Error(
                "PASSWORD_HASHES_AT_ONCE is below 1: no password could be checked.",
                id="apikeys.E030",
            )
        )
    if not 0 < settings.SESSION_IDLE_SECONDS <= settings.SESSION_MAX_SECONDS:
        problems.append(
            Error(
                "SESSION_IDLE_SECONDS is not between 1 and SESSION_MAX_SECONDS.",
                id="apikeys.E031",
            )
        )
    return problems


@register(Tags.security)
def check_paths_and_headers(**kwargs: Any) -> list[CheckMessage]:
    """Refuse extra paths and header pairs that would mean more, or nothing."""
    problems: list[CheckMessage] = []
    for key_type, paths in settings.KEY_TYPE_EXTRA_PATHS.items():
        if not isinstance(paths, list) or not all(map(_is_prefix, paths)):
            problems.append(
                Error(
                    f"KEY_TYPE_EXTRA_PATHS of {key_type} is no list of paths.",
                    "A path starts with / and does not end in one.",
                    id="apikeys.E008",
                )
            )
    if not all(len(pair) == _PAIR and all(pair) for pair in settings.KEY_HEADER_PAIRS):
        problems.append(
            Error(
                "KEY_HEADER_PAIRS is no list of pairs.",
                "Write pairs as id-header/key-header, separated by commas.",
                id="apikeys.E009",
            )
        )
    return problems


@register(Tags.urls)
def check_routes_declare_permissions(**kwargs: Any) -> list[CheckMessage]:
    """Refuse an endpoint that does not say what it needs: it would be open to any key."""
    problems: list[CheckMessage] = []
    for route in declared_routes():
        if route.declared is None and _is_endpoint(route):
            problems.append(
                Error(
                    f"The route {route.text} declares no permission.",
                    "Mount it with apikeys.api.routes.endpoint(..., needs={...}).",
                    id="apikeys.E010",
                )
            )
        elif route.declared and not route.has_segments:
            problems.append(
                Error(
                    f"The route {route.text} has no segments that the gate can match.",
                    "Use path() with converters that stand for one segment.",
                    id="apikeys.E011",
                )
            )
    return problems


@register(Tags.database)
def check_digests_have_their_pepper(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn of keys whose pepper is gone; only asked where a database may be used."""
    if not databases:
        return []
    try:
        orphans = (
            KeySecret.objects.filter(key__deleted_at=None)
            .exclude(pepper__in=settings.API_KEY_PEPPERS)
            .values("key")
            .distinct()
            .count()
        )
    except (DatabaseError, InterfaceError):
        return []
    if not orphans:
        return []
    return [
        checks.Warning(
            f"{orphans} keys were made under a pepper that is no longer in"
            " API_KEY_PEPPERS; their calls get 401.",
            "Put the pepper back, or rotate or delete these keys.",
            id="apikeys.W001",
        )
    ]


@register(Tags.database)
def check_plugin_tokens_have_their_pepper(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn of plugin tokens whose pepper is gone, as of keys."""
    if not databases:
        return []
    orphans = PluginToken.objects.exclude(pepper__in=settings.API_KEY_PEPPERS)
    try:
        count = orphans.count()
    except (DatabaseError, InterfaceError):
        return []
    if not count:
        return []
    return [
        checks.Warning(
            f"{count} plugin tokens were made under a pepper that is no longer in"
            " API_KEY_PEPPERS; their pages are refused.",
            "Run manage.py reencrypt_plugin_tokens, or put the pepper back.",
            id="apikeys.W002",
        )
    ]


@register(Tags.database)
def check_database_is_not_too_old(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse a database from before the migrations were made anew.

    `migrate` asks before it changes anything.
    """
    return [
        Error(
            "This database was made by a version from before the first release, or by"
            " another project, and cannot be migrated.",
            f"Nothing was changed. Stop the server, {_new_database(alias)}, and start"
            f" again. {_WHAT_IT_HOLDS}",
            id="apikeys.E020",
        )
        for alias in databases or ()
        if _is_too_old(alias)
    ]


def _is_too_old(alias: str) -> bool:
    connection = connections[alias]
    try:
        applied = MigrationRecorder(connection).applied_migrations()
        tables = connection.introspection.table_names()
    except (DatabaseError, InterfaceError):
        return False
    ours = {name for app, name in applied if app == "apikeys"}
    # The table of Django's own user model, which `Person` took the place of.
    return "auth_user" in tables or (bool(ours) and _FIRST_MIGRATION not in ours)


def _new_database(alias: str) -> str:
    connection = connections[alias]
    text = _NEW_FILE if connection.vendor == "sqlite" else _NEW_DATABASE
    return text.format(name=connection.settings_dict["NAME"])


def _is_endpoint(route: DeclaredRoute) -> bool:
    """Tell whether a key may call the route: DRF's views, and all under a type's paths."""
    prefixes = {prefix for kind in KEY_TYPES.values() for prefix in kind.prefixes}
    return hasattr(route.view, "cls") or any(
        is_below(route.text.rstrip("/"), prefix) for prefix in (*prefixes, "/api")
    )


def _is_fernet_key(text: str) -> bool:
    try:
        Fernet(text)
    except ValueError:
        return False
    return True


def _is_prefix(path: object) -> bool:
    return isinstance(path, str) and path != "/" and normal_path(path) == path


def _is_weak(pepper: str) -> bool:
    return (
        len(pepper) < MIN_PEPPER_LENGTH
        or len(set(pepper)) < _MIN_DIFFERENT_CHARACTERS
        or pepper == settings.SECRET_KEY
    )
