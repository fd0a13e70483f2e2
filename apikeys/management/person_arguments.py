"""What may be said of a person, as options."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from typing import Any

from django.core.management.base import CommandParser

from apikeys.management.operator import roles_named
from apikeys.organization.people import PersonChanges


def add_person_arguments(parser: CommandParser) -> None:
    """Add the options that a new and an older person have."""
    parser.add_argument(
        "--email",
        metavar="ADDRESS",
        help="Their e-mail address, with which they can sign in as well.",
    )
    parser.add_argument(
        "--display-name", metavar="NAME", help="Their name as screens show it."
    )
    parser.add_argument(
        "--role",
        action="append",
        metavar="NAME",
        help="A role that they hold; repeatable.",
    )
    parser.add_argument(
        "--superadmin",
        action=BooleanOptionalAction,
        default=None,
        help="Whether they may do everything, people and settings included.",
    )


def person_changes(
    options: dict[str, Any], *, is_active: bool | None = None
) -> PersonChanges:
    """Return what the options ask for; what is not given stays as it is."""
    roles = options.get("role")
    return PersonChanges(
        email=options.get("email"),
        display_name=options.get("display_name"),
        is_superuser=options.get("superadmin"),
        is_active=is_active,
        roles=None if roles is None else tuple(roles_named(roles)),
    )
