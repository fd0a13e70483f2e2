"""What tests of plugin tokens arrange: keys, locations and tokens, through the services."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from apikeys.changes.actors import OPERATOR, Actor
from apikeys.keys.services import issue_key
from apikeys.keys.values import KeySettings
from apikeys.organization.models import Location
from apikeys.organization.roles import PLUGIN_TOKEN_PERMISSIONS, grantable_permissions
from apikeys.plugin_tokens.cache import KnownToken, plugin_token_cache
from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.services import issue_plugin_token, set_may_manage_tokens

JSON = "application/json"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
_numbers = count(1)


def make_location(name: str = "Berlin") -> Location:
    return Location.objects.create(name=name)


def make_role(*permissions: str) -> Group:
    role = Group.objects.create(name=f"role {next(_numbers)}")
    codenames = [name.partition(".")[2] for name in permissions]
    role.permissions.set(grantable_permissions().filter(codename__in=codenames))
    return role


def make_key(
    *permissions: str, location: Location | None = None, key_type: str = "v1"
) -> str:
    """Return the whole token of a key that holds these permissions and no other."""
    issued = issue_key(
        key_type=key_type,
        fields=KeySettings(name=f"key {next(_numbers)}"),
        roles=[make_role(*permissions)],
        location=location,
        expires_at=None,
        actor=OPERATOR,
        at=timezone.now(),
    )
    return issued.token.text


def make_full_key(location: Location | None = None) -> str:
    return make_key(*PLUGIN_TOKEN_PERMISSIONS, location=location)


def make_token(
    name: str = "tenant",
    domains: str = "example.com",
    *,
    location: Location | None = None,
    marked: bool = False,
    actor: Actor = OPERATOR,
) -> tuple[PluginToken, str]:
    """Return a plugin token and its value."""
    at = timezone.now()
    issued = issue_plugin_token(
        name=name,
        domains=domains.split(","),
        location_id=location.pk if location else None,
        actor=actor,
        at=at,
    )
    token = issued.token
    if marked:
        token = set_may_manage_tokens(token.public_id, to=True, actor=actor, at=at)
    return token, issued.value


def change(actor: Actor = OPERATOR) -> Any:
    """Return the arguments that every change takes."""
    return {"actor": actor, "at": timezone.now()}


def known(value: str) -> KnownToken:
    """Return what this process knows of a token, which must exist."""
    token = plugin_token_cache.find(value)
    assert token is not None
    return token


def bearer(text: str) -> Any:
    return {"HTTP_AUTHORIZATION": f"Bearer {text}"}


def authorize(client: Client, token: str, origin: str | None, **extra: Any) -> Any:
    if origin is not None:
        extra["HTTP_ORIGIN"] = origin
    return client.post("/api/plugin/authorize", {"token": token}, JSON, **extra)
