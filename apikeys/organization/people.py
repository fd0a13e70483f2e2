"""Members of staff: each function is one transaction with its audit entry.

Their passwords are set by `manage.py changepassword`, or made here and shown once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import get_random_string

from apikeys.audit.services import Changes, record
from apikeys.changes.actors import Actor
from apikeys.changes.errors import InvalidFields, ServiceRefusal
from apikeys.choices import AuditAction
from apikeys.organization.models import Person

# Without the look-alikes 0 O 1 l I: people may type it from a screen.
_ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LENGTH = 20
_FIELDS = ("email", "display_name", "is_superuser", "is_active")


class UnknownPerson(ServiceRefusal):
    """There is no person with this user name."""

    def __init__(self, username: str) -> None:
        super().__init__(f"There is no person “{username}”.")


class LastSuperadmin(ServiceRefusal):
    """Nobody would be left who may do everything."""

    def __init__(self) -> None:
        super().__init__(
            "This is the last active superadmin. Make another person one first."
        )


@dataclass(frozen=True, slots=True)
class PersonChanges:
    """What changes of a person; None stays as it is."""

    email: str | None = None
    display_name: str | None = None
    is_superuser: bool | None = None
    is_active: bool | None = None
    roles: tuple[Group, ...] | None = None


def random_password() -> str:
    """Return a password that can be typed from a screen."""
    return get_random_string(_LENGTH, _ALPHABET)


@transaction.atomic
def create_person(
    *, username: str, given: PersonChanges, actor: Actor, at: datetime
) -> tuple[Person, str]:
    """Create a member of staff and return them with their password, shown once."""
    person = Person(username=Person.normalize_username(username), is_staff=True)
    changes = _apply(person, given)
    password = random_password()
    person.set_password(password)
    _save(person, {"username", *changes})
    changes |= _set_roles(person, given.roles)
    _record(person, AuditAction.PERSON_CREATED, actor, at, changes)
    return person, password


@transaction.atomic
def change_person(
    username: str, *, given: PersonChanges, actor: Actor, at: datetime
) -> Changes:
    """Change what is given and return old and new; what they hold counts at once.

    Raises `LastSuperadmin` where nobody active would be one.
    """
    # All that could be the last one, in one order, so that two changes at once wait.
    superadmins = list(
        Person.objects.select_for_update()
        .filter(is_superuser=True, is_active=True)
        .order_by("pk")
    )
    person = Person.objects.select_for_update().filter(username=username).first()
    if person is None:
        raise UnknownPerson(username)
    changes = _apply(person, given)
    if superadmins == [person] and not (person.is_superuser and person.is_active):
        raise LastSuperadmin
    if changes:
        _save(person, set(changes))
    changes |= _set_roles(person, given.roles)
    if changes:
        _record(person, AuditAction.PERSON_CHANGED, actor, at, changes)
    return changes


def _apply(person: Person, given: PersonChanges) -> dict[str, tuple[Any, Any]]:
    changes: dict[str, tuple[Any, Any]] = {}
    for name in _FIELDS:
        before, value = getattr(person, name), getattr(given, name)
        if name == "email" and value is not None:
            value = Person.objects.normalize_email(value)
        if value is not None and value != before:
            setattr(person, name, value)
            changes[name] = (None if person.pk is None else before, value)
    return changes


def _save(person: Person, changed: set[str]) -> None:
    """Save a person whose changed fields fit. The others may be as old as they are."""
    kept = {field.name for field in Person._meta.fields} - changed
    try:
        with transaction.atomic():
            person.full_clean(exclude=kept)
            person.save()
    except ValidationError as error:
        # What a constraint says stands under no field.
        raise InvalidFields(
            {
                name.replace("__all__", "email"): " ".join(texts)
                for name, texts in error.message_dict.items()
            }
        ) from None
    except IntegrityError:
        # Somebody took it after it was looked up.
        raise InvalidFields(
            {"username": "A person has this user name or e-mail address already."}
        ) from None


def _set_roles(
    person: Person, roles: Iterable[Group] | None
) -> dict[str, tuple[Any, Any]]:
    if roles is None:
        return {}
    before = sorted(role.name for role in person.groups.all())
    after = sorted({role.name for role in roles})
    if before == after:
        return {}
    person.groups.set(roles)
    return {"roles": (before or None, after)}


def _record(
    person: Person, action: AuditAction, actor: Actor, at: datetime, changes: Changes
) -> None:
    record(
        actor=actor,
        action=action,
        subject_id=f"person {person.pk}",
        subject_name=person.get_username(),
        at=at,
        changes=changes,
    )
