"""What the commands of operators share: arguments, the actor, and how refusals end."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from apikeys.changes.actors import OPERATOR, Actor
from apikeys.changes.errors import InvalidFields, ServiceRefusal
from apikeys.choices import MANAGE_APIS, ActorKind
from apikeys.keys.values import MAX_EXPIRY

_DURATION = re.compile(r"^(\d{1,5})([dhm])$")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def duration(text: str) -> timedelta:
    """Return `7d`, `12h` or `30m` as a length of time."""
    match = _DURATION.match(text)
    if match is None:
        raise ArgumentTypeError(f"{text!r} is no duration; write 7d, 12h or 30m.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def expiry(text: str) -> datetime | None:
    """Return `never`, a duration from now, or an ISO date or instant as an instant.

    An instant without a zone is taken in the server's zone.
    """
    if text == "never":
        return None
    now = timezone.now()
    at = now + duration(text) if _DURATION.match(text) else _instant(text)
    if at > now + MAX_EXPIRY:
        raise ArgumentTypeError(
            f"{text!r} is more than 100 years away; write never instead."
        )
    return at


def _instant(text: str) -> datetime:
    try:
        at = parse_datetime(text)
        on = parse_date(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r}: {error}") from None
    if at is None and on is not None:
        at = datetime(on.year, on.month, on.day)  # noqa: DTZ001 (made aware below)
    if at is None:
        raise ArgumentTypeError(
            f"{text!r} is no expiry; write 90d, never, or an ISO date or instant."
        )
    return at if timezone.is_aware(at) else timezone.make_aware(at)


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
