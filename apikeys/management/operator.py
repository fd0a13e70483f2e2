"""What the commands of operators share: arguments, the actor, and how refusals end."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import CommandError
from django.utils import timezone

from apikeys.changes.actors import OPERATOR, Actor
from apikeys.changes.errors import InvalidFields, ServiceRefusal
from apikeys.choices import MANAGE_APIS, ActorKind
from apikeys.keys.expiry import MalformedExpiry, read_expiry
from apikeys.keys.values import MAX_EXPIRY
from apikeys.organization.models import Location

_DURATION = re.compile(r"^(\d{1,5})([dhm])$")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def duration(text: str) -> timedelta:
    """Return `7d`, `12h` or `30m` as a length of time."""
    match = _DURATION.match(text)
    if match is None:
        raise ArgumentTypeError(f"{text!r} is no duration; write 7d, 12h or 30m.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def expiry(text: str) -> datetime | None:
    """Return `never`, a duration from now, or an ISO date or time as an instant."""
    if text == "never":
        return None
    now = timezone.now()
    at = now + duration(text) if _DURATION.match(text) else _written(text)
    if at > now + MAX_EXPIRY:
        raise ArgumentTypeError(
            f"{text!r} is more than 100 years away; write never instead."
        )
    return at


def _written(text: str) -> datetime:
    try:
        at = read_expiry(text)
    except MalformedExpiry as error:
        raise ArgumentTypeError(str(error)) from None
    if at is None:
        raise ArgumentTypeError(
            f"{text!r} is no expiry; write 90d, never, or an ISO date or time."
        )
    return at


def local_time(text: str | None) -> str:
    """Return an ISO time as a person reads it, in the server's zone."""
    if text is None:
        return ""
    return timezone.localtime(datetime.fromisoformat(text)).strftime("%Y-%m-%d %H:%M")


def roles_named(names: list[str]) -> list[Group]:
    """Return the roles, or end the command with the names that there are."""
    roles = list(Group.objects.filter(name__in=names))
    unknown = sorted(set(names) - {role.name for role in roles})
    if unknown:
        known = ", ".join(Group.objects.order_by("name").values_list("name", flat=True))
        raise CommandError(f"Unknown roles: {', '.join(unknown)}. There are: {known}.")
    return roles


def location_named(name: str | None) -> Location | None:
    """Return the location, None without a name, or end the command."""
    if name is None:
        return None
    location = Location.objects.filter(name=name).first()
    if location is None:
        raise CommandError(f"There is no location “{name}”.")
    return location


def acting(username: str | None) -> Actor:
    """Return the operator, or the person they act as, with that person's limits."""
    if not username:
        return OPERATOR
    people = get_user_model().objects.filter(is_active=True)
    person = people.filter(**{people.model.USERNAME_FIELD: username}).first()
    if person is None:
        raise CommandError(f"There is no active person {username!r}.")
    if not person.has_perm(MANAGE_APIS):
        raise CommandError(f"{username!r} may not manage APIs.")
    permissions = (
        None if person.is_superuser else frozenset(person.get_all_permissions())
    )
    return Actor(ActorKind.COMMAND, username, permissions=permissions)


@contextmanager
def refusals_end_the_command() -> Iterator[None]:
    """Turn a service's refusal into the text and exit code of a failed command."""
    try:
        yield
    except InvalidFields as refusal:
        texts = [
            f"{field.replace('_', ' ')}: {text}"
            for field, text in refusal.errors.items()
        ]
        raise CommandError(" ".join(texts)) from None
    except ServiceRefusal as refusal:
        raise CommandError(str(refusal)) from None


def refuse_without_yes(options: dict[str, Any]) -> None:
    """End the command unless it was told `--yes`, or only says what it would do."""
    if not (options["yes"] or options["dry_run"]):
        raise CommandError("Deleting cannot be undone. Add --yes if you are sure.")
