"""Valid, active, restricted things, made by the services that make them in the product."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import factory
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from apikeys.access.key_types import KEY_TYPES, Need
from apikeys.changes.actors import OPERATOR, Actor
from apikeys.choices import ActorKind
from apikeys.keys.services import IssuedKey, issue_key
from apikeys.keys.values import KeySettings
from apikeys.organization.models import Location
from apikeys.organization.roles import ACCOUNT_READER, ADMINISTRATOR, FULL_ACCESS

# Django's test client calls from here.
CALLER = "127.0.0.1"


class KeySettingsFactory(factory.Factory[KeySettings]):
    class Meta:
        model = KeySettings

    name = factory.Sequence(lambda number: f"Application {number}")
    networks = (f"{CALLER}/32",)
    endpoints = ("/api/egress/*",)


class IssuedFactory(factory.Factory[IssuedKey]):
    """A key for a year, with its token. Settings are given as `fields__name` and so on."""

    class Meta:
        model = IssuedKey

    key_type = "v1"
    fields = factory.SubFactory(KeySettingsFactory)
    actor = OPERATOR
    at = factory.LazyFunction(timezone.now)
    expires_at: Any = factory.LazyAttribute(lambda key: key.at + timedelta(days=365))

    @classmethod
    def _create(
        cls, model_class: type[IssuedKey], *args: Any, **values: Any
    ) -> IssuedKey:
        values.setdefault("roles", _roles_for(values["key_type"]))
        return issue_key(**values)


class LocationFactory(factory.django.DjangoModelFactory[Location]):
    class Meta:
        model = Location

    name = factory.Sequence(lambda number: f"Location {number}")


class RoleFactory(factory.django.DjangoModelFactory[Group]):
    """A role of the customer's own: `permissions=["app.codename"]`."""

    class Meta:
        model = Group
        skip_postgeneration_save = True

    name = factory.Sequence(lambda number: f"Role {number}")

    @factory.post_generation
    def permissions(role: Group, create: bool, names: Any, **kwargs: Any) -> None:
        role.permissions.set(map(permission, names or ()))


def _hold(*usual: str) -> Callable[..., None]:
    def hold(person: Any, create: bool, names: Any, **kwargs: Any) -> None:
        given = usual if names is None else names
        person.groups.set(Group.objects.filter(name__in=given))

    return hold


class PersonFactory(factory.django.DjangoModelFactory[Any]):
    """A member of staff: an outsider, unless `roles=[...]` says otherwise."""

    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"person-{number}")
    is_staff = True

    roles: Any = factory.PostGeneration(_hold())


class AdministratorFactory(PersonFactory):
    roles = factory.PostGeneration(_hold(ADMINISTRATOR.name))


class AccountReaderFactory(PersonFactory):
    roles = factory.PostGeneration(_hold(ACCOUNT_READER.name))


def permission(name: str) -> Permission:
    app_label, _, codename = name.partition(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)


def full_access() -> Group:
    return Group.objects.get(name=FULL_ACCESS.name)


def person_actor(*permissions: str) -> Actor:
    """A person who holds just these permissions."""
    return Actor(ActorKind.PERSON, "Ada", "192.0.2.7", frozenset(permissions))


def later(at: datetime, **units: float) -> datetime:
    return at + timedelta(**units)


def _roles_for(key_type: str) -> list[Group]:
    needs_roles = KEY_TYPES[key_type].fields["roles"] is Need.REQUIRED
    return [full_access()] if needs_roles else []
