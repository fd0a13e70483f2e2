"""Roles are Django groups: what they hold, people and keys alike hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.utils.translation import ngettext

from apikeys.access.names import MalformedName, normal_name
from apikeys.audit.services import Changes, record
from apikeys.caching.models import CacheVersion
from apikeys.changes.actors import Actor
from apikeys.changes.errors import InvalidFields, PrivilegeEscalation, ServiceRefusal
from apikeys.changes.names import refuse_taken_name
from apikeys.choices import AuditAction, CacheName
from apikeys.organization import roles

_MAX_NAME_LENGTH = 150
ROLE_TAKEN = "A role has this name already."


class BuiltInRole(ServiceRefusal):
    """Built-in roles are data of the product and come back at the next migrate."""

    def __init__(self) -> None:
        super().__init__("A built-in role cannot be changed or deleted.")


class RoleInUse(ServiceRefusal):
    """A key's roles are fixed, so a role that a key holds stays."""

    def __init__(self, keys: int) -> None:
        super().__init__(
            ngettext(
                "%d key holds this role, deleted ones included. Delete and purge it"
                " first.",
                "%d keys hold this role, deleted ones included. Delete and purge them"
                " first.",
                keys,
            )
            % keys
        )


@transaction.atomic
def create_role(
    *, name: str, permissions: Iterable[Permission], actor: Actor, at: datetime
) -> Group:
    """Create a role that holds nothing which the actor lacks."""
    role = Group(name=name)
    _save(role)
    changes = _set_permissions(role, permissions, actor)
    _record(role, AuditAction.ROLE_CREATED, actor=actor, at=at, changes=changes)
    return role


@transaction.atomic
def change_role(
    role_id: int,
    *,
    name: str,
    permissions: Iterable[Permission],
    actor: Actor,
    at: datetime,
) -> Group:
    """Change a role, and with it every key and person that holds it."""
    role = _lock(role_id)
    changes: dict[str, tuple[object, object]] = {}
    if name != role.name:
        changes["name"] = (role.name, name)
        role.name = name
        _save(role)
    changes |= _set_permissions(role, permissions, actor)
    if changes:
        CacheVersion.objects.move(CacheName.KEYS)
        _record(role, AuditAction.ROLE_CHANGED, actor=actor, at=at, changes=changes)
    return role


@transaction.atomic
def delete_role(role_id: int, *, actor: Actor, at: datetime) -> None:
    """Delete a role that no key holds; people who hold it lose it."""
    role = _lock(role_id)
    keys = role.keys.count()
    if keys:
        raise RoleInUse(keys)
    _record(role, AuditAction.ROLE_DELETED, actor=actor, at=at)
    role.delete()


def _lock(role_id: int) -> Group:
    role = Group.objects.select_for_update().get(pk=role_id)
    if roles.is_built_in(role.name):
        raise BuiltInRole
    return role


def _save(role: Group) -> None:
    try:
        normal_name(role.name, _MAX_NAME_LENGTH)
    except MalformedName as error:
        raise InvalidFields({"name": str(error)}) from None
    refuse_taken_name(Group.objects.exclude(pk=role.pk), role.name, ROLE_TAKEN)
    try:
        with transaction.atomic():
            role.save()
    except IntegrityError:
        raise InvalidFields({"name": ROLE_TAKEN}) from None


def _set_permissions(
    role: Group, permissions: Iterable[Permission], actor: Actor
) -> dict[str, tuple[object, object]]:
    before = _names(role.permissions.all())
    permissions = list(permissions)
    after = _names(permissions)
    lacking = actor.lacking(after - before)
    if lacking:
        raise PrivilegeEscalation(lacking)
    if before == after:
        return {}
    role.permissions.set(permissions)
    return {"permissions": (sorted(before), sorted(after))}


def _names(permissions: Iterable[Permission]) -> set[str]:
    return {roles.permission_name(permission) for permission in permissions}


def _record(
    role: Group,
    action: AuditAction,
    *,
    actor: Actor,
    at: datetime,
    changes: Changes | None = None,
) -> None:
    record(
        actor=actor,
        action=action,
        subject_id=f"role {role.pk}",
        subject_name=role.name,
        at=at,
        changes=changes,
    )
