"""Built-in roles as data, and which permissions a role can hold at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import models

from apikeys.access.names import folded_name
from apikeys.caching.models import CacheVersion
from apikeys.choices import MANAGE_APIS, CacheName
from apikeys.contributions import contributed

LOOK = frozenset({"apikeys.view_apikey", "apikeys.view_auditentry", "auth.view_group"})

# All that a plugin token marked "may manage tokens" holds.
VIEW_TOKENS = "apikeys.view_plugintoken"
ADD_TOKENS = "apikeys.add_plugintoken"
CHANGE_TOKENS = "apikeys.change_plugintoken"
DELETE_TOKENS = "apikeys.delete_plugintoken"
PLUGIN_TOKEN_PERMISSIONS = frozenset(
    {VIEW_TOKENS, ADD_TOKENS, CHANGE_TOKENS, DELETE_TOKENS}
)


@dataclass(frozen=True, slots=True)
class BuiltInRole:
    """`record_permissions` stands for every permission on records and plugin tokens."""

    name: str
    permissions: frozenset[str]
    record_permissions: bool = False


ADMINISTRATOR = BuiltInRole("Administrator", LOOK | {MANAGE_APIS}, True)
ACCOUNT_READER = BuiltInRole("Account Reader", LOOK)
FULL_ACCESS = BuiltInRole("Full access", frozenset(), True)
BUILT_IN_ROLES = (ADMINISTRATOR, ACCOUNT_READER, FULL_ACCESS)


def is_built_in(name: str) -> bool:
    """Tell whether the product itself defines the role of this name."""
    return any(role.name == name for role in BUILT_IN_ROLES)


def reads_as_built_in(name: str) -> bool:
    """Tell whether a name reads as that of a built-in role."""
    wanted = folded_name(name)
    return any(folded_name(role.name) == wanted for role in BUILT_IN_ROLES)


def permission_name(permission: Permission) -> str:
    """Return `app.codename`, as `User.has_perm` takes it; a query unless joined."""
    return f"{permission.content_type.app_label}.{permission.codename}"


def permissions_of(held: Iterable[Group]) -> frozenset[str]:
    """Return the names of all permissions that the roles hold together."""
    permissions = Permission.objects.filter(group__in=list(held))
    return frozenset(map(permission_name, permissions.select_related("content_type")))


def record_permissions() -> models.QuerySet[Permission]:
    """What an application may be given: permissions on the models that apps contribute."""
    return Permission.objects.filter(_on_records()).select_related("content_type")


def grantable_permissions() -> models.QuerySet[Permission]:
    """Permissions that a role can hold with an effect, joined and in a fixed order."""
    settings = models.Q()
    for name in LOOK | {MANAGE_APIS}:
        app_label, _, codename = name.partition(".")
        settings |= models.Q(content_type__app_label=app_label, codename=codename)
    return (
        Permission.objects.filter(settings | _on_records())
        .select_related("content_type")
        .order_by("content_type__app_label", "content_type__model", "codename", "pk")
    )


def _on_records() -> models.Q:
    """Never "all but some": an app that says nothing hands nothing to keys."""
    allowed = models.Q(pk__in=[])
    for model in chain.from_iterable(contributed("grantable_models")):
        app_label, _, name = model.partition(".")
        allowed |= models.Q(content_type__app_label=app_label, content_type__model=name)
    return allowed


def note_changed_permissions(action: str, **kwargs: Any) -> None:
    """Make remembered keys stale when any code adds or takes permissions of a role.

    For `m2m_changed` of `Group.permissions`.
    """
    if action.startswith("post_"):
        CacheVersion.objects.move(CacheName.KEYS)


def sync_built_in_roles(**kwargs: Any) -> None:
    """Create the built-in roles and set what they hold.

    Runs after `migrate`, since Django creates permissions only then.
    """
    grantable = {permission_name(p): p for p in grantable_permissions()}
    records = list(record_permissions())
    for built_in in BUILT_IN_ROLES:
        role, _ = Group.objects.get_or_create(name=built_in.name)
        wanted = {grantable[name] for name in built_in.permissions if name in grantable}
        wanted |= set(records) if built_in.record_permissions else set()
        if wanted != set(role.permissions.all()):
            role.permissions.set(wanted)
            CacheVersion.objects.move(CacheName.KEYS)
