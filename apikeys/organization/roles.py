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
from apikeys.permission_words import in_words, order_of

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
    """`record_permissions` stands for every permission on records and plugin tokens.

    `is_for_keys` tells whether the role is offered for a key: what opens pages of
    Settings is of no use to one.
    """

    name: str
    permissions: frozenset[str]
    record_permissions: bool = False
    is_for_keys: bool = False


ADMINISTRATOR = BuiltInRole("Administrator", LOOK | {MANAGE_APIS}, True)
ACCOUNT_READER = BuiltInRole("Account Reader", LOOK)
FULL_ACCESS = BuiltInRole("Full access", frozenset(), True, is_for_keys=True)
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


def roles_for_keys() -> models.QuerySet[Group]:
    """Roles that make sense for a key, by name, their permissions joined.

    Not those that open pages of Settings and do nothing else. A role that holds nothing
    is one: the guarded application gets the names of a key's roles.
    """
    others = [role.name for role in BUILT_IN_ROLES if not role.is_for_keys]
    held = Permission.objects.filter(group=models.OuterRef("pk"))
    beyond_settings = models.Exists(held.exclude(_on_settings()))
    permissions = Permission.objects.select_related("content_type")
    return (
        Group.objects.exclude(name__in=others)
        .filter(beyond_settings | ~models.Exists(held))
        .order_by("name")
        .prefetch_related(models.Prefetch("permissions", permissions))
    )


def given_to_keys(role: Group) -> list[str]:
    """Return in words what a role gives to a key."""
    names = set(map(permission_name, role.permissions.all())) - LOOK - {MANAGE_APIS}
    return in_words(names)


def record_permissions() -> models.QuerySet[Permission]:
    """What an application may be given: permissions on the models that apps contribute."""
    return Permission.objects.filter(_on_records()).select_related("content_type")


def grantable_permissions() -> models.QuerySet[Permission]:
    """Permissions that a role can hold with an effect, joined and in a fixed order."""
    return (
        Permission.objects.filter(_on_settings() | _on_records())
        .select_related("content_type")
        .order_by("content_type__app_label", "content_type__model", "codename", "pk")
    )


def in_order(permissions: Iterable[Permission]) -> list[Permission]:
    """Return permissions in the order in which people are shown them."""
    return sorted(permissions, key=lambda each: order_of(permission_name(each)))


def _on_settings() -> models.Q:
    opening = models.Q(pk__in=[])
    for name in LOOK | {MANAGE_APIS}:
        app_label, _, codename = name.partition(".")
        opening |= models.Q(content_type__app_label=app_label, codename=codename)
    return opening


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
