"""The editable fields of a key as options, checked by the form of the Settings screens."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apikeys.keys.forms import KeySettingsForm
from apikeys.keys.values import KeySettings


def add_settings_arguments(parser: CommandParser) -> None:
    """Add the options of the fields that a key of any age has."""
    parser.add_argument(
        "--allow-ip",
        action="append",
        metavar="NETWORK",
        help="An address or network that may call; repeatable.",
    )
    parser.add_argument(
        "--endpoint",
        action="append",
        metavar="PATTERN",
        help="A path that may be called, * for any run of characters; repeatable.",
    )
    parser.add_argument("--public-url")
    parser.add_argument("--note")
    parser.add_argument(
        "--accept-parameters",
        action=BooleanOptionalAction,
        default=None,
        help="Whether credentials are accepted as parameters.",
    )


def cleaned_settings(
    name: str, options: dict[str, Any], before: KeySettings | None = None
) -> KeySettings:
    """Return the settings that the options ask for; what is not given stays as before.

    Raises `CommandError` with every objection of the form.
    """
    before = before or KeySettings(name=name)
    given = {
        "name": name,
        "networks": _kept(options["allow_ip"], before.networks, glue=","),
        "endpoints": _kept(options["endpoint"], before.endpoints, glue="\n"),
        "public_url": _kept(options["public_url"], before.public_url),
        "note": _kept(options["note"], before.note),
        "accepts_parameters": _kept(
            options["accept_parameters"], before.accepts_parameters
        ),
        # On the command line an empty list is asked for by its absence or by name.
        "open_to_any_address": True,
        "all_endpoints": True,
    }
    form = KeySettingsForm(given)
    if not form.is_valid():
        texts = [
            f"{field.replace('_', ' ')}: {text}"
            for field, errors in form.errors.items()
            for text in errors
        ]
        raise CommandError(" ".join(texts))
    return form.settings()


def _kept(given: Any, before: Any, glue: str = "") -> Any:
    value = before if given is None else given
    return glue.join(value) if isinstance(value, list | tuple) else value
