"""The editable fields of a key as options, checked by the form of the Settings screens."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from dataclasses import asdict
from dataclasses import fields as dataclass_fields
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apikeys.keys.forms import KeySettingsForm
from apikeys.keys.values import OPEN_BOXES, SETTINGS, KeySettings


def add_settings_arguments(parser: CommandParser) -> None:
    """Add the options of the fields that a key of any age has."""
    for field in dataclass_fields(KeySettings):
        setting = SETTINGS[field.name]
        if setting.option:
            parser.add_argument(
                setting.option,
                help=setting.help,
                **_kind(field.default, setting.metavar),
            )


def option_dest(name: str) -> str:
    """Return the name under which the option of a field is parsed."""
    return SETTINGS[name].option.removeprefix("--").replace("-", "_")


def cleaned_settings(
    name: str, options: dict[str, Any], before: KeySettings | None = None
) -> KeySettings:
    """Return the settings that the options ask for; what is not given stays as before.

    Raises `CommandError` with every objection of the form.
    """
    given = asdict(before or KeySettings(name=name)) | {"name": name}
    for field in given:
        asked = options.get(option_dest(field))
        value = given[field] if asked is None else asked
        given[field] = KeySettingsForm.base_fields[field].prepare_value(value)
    # On the command line an empty list is asked for by its absence or by name; one
    # that holds everything only by name.
    ticks = {
        box: options.get(box) or not given[field] for field, box in OPEN_BOXES.items()
    }
    form = KeySettingsForm(given | ticks)
    if not form.is_valid():
        texts = [
            f"{field.replace('_', ' ')}: {text}"
            for field, errors in form.errors.items()
            for text in errors
        ]
        raise CommandError(" ".join(texts))
    return form.settings()


def _kind(default: object, metavar: str | None) -> dict[str, Any]:
    if isinstance(default, bool):
        # Not given is neither yes nor no.
        return {"action": BooleanOptionalAction, "default": None}
    if isinstance(default, tuple):
        return {"action": "append", "metavar": metavar}
    return {"metavar": metavar}
