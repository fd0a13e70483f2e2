"""The editable fields of a key as options, checked by the form of the Settings screens."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from dataclasses import asdict
from dataclasses import fields as dataclass_fields
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apikeys.access.key_types import KEY_TYPES, Need
from apikeys.keys.forms import KeySettingsForm
from apikeys.keys.values import OPEN_BOXES, SETTINGS, KeySettings, is_open

# What a key may do whose list restricts nothing.
_OPENNESS = {
    "networks": "be used from any address",
    "endpoints": "call all endpoints of its type",
}


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
        if setting.open_box:
            parser.add_argument(
                _flag(setting.open_box),
                action="store_true",
                help=f"Let the key {_OPENNESS[field.name]}.",
            )


def option_dest(name: str) -> str:
    """Return the name under which the option of a field is parsed."""
    return SETTINGS[name].option.removeprefix("--").replace("-", "_")


def cleaned_settings(
    name: str,
    options: dict[str, Any],
    *,
    key_type: str,
    before: KeySettings | None = None,
) -> KeySettings:
    """Return the settings that the options ask for; what is not given stays as before.

    Raises `CommandError` with every objection of the form, and where a list would
    come to restrict nothing without the option that says so.
    """
    given = asdict(before or KeySettings(name=name)) | {"name": name}
    for field in given:
        asked = options.get(option_dest(field))
        if asked is None and options.get(OPEN_BOXES.get(field, "")):
            asked = []
        value = given[field] if asked is None else asked
        given[field] = KeySettingsForm.base_fields[field].prepare_value(value)
    # Openness is judged below, where the answer can name the options.
    form = KeySettingsForm(given | dict.fromkeys(OPEN_BOXES.values(), True))
    if not form.is_valid():
        texts = [
            f"{field.replace('_', ' ')}: {text}"
            for field, errors in form.errors.items()
            for text in errors
        ]
        raise CommandError(" ".join(texts))
    fields = form.settings()
    _refuse_unsaid_openness(fields, options, key_type, before)
    return fields


def _refuse_unsaid_openness(
    fields: KeySettings,
    options: dict[str, Any],
    key_type: str,
    before: KeySettings | None,
) -> None:
    objections = []
    for name, box in OPEN_BOXES.items():
        values: tuple[str, ...] = getattr(fields, name)
        if options[box] and not is_open(name, values):
            raise CommandError(
                f"{_flag(box)} and {SETTINGS[name].option} contradict each other."
            )
        is_kept = before is not None and values == getattr(before, name)
        # The service refuses an empty list that the type needs, whatever is said.
        is_refused = not values and KEY_TYPES[key_type].fields[name] is Need.REQUIRED
        if is_open(name, values) and not (options[box] or is_kept or is_refused):
            objections.append(
                f"The key could {_OPENNESS[name]}: restrict it with"
                f" {SETTINGS[name].option}, or add {_flag(box)}."
            )
    if objections:
        raise CommandError(" ".join(objections))


def _flag(box: str) -> str:
    return f"--{box.replace('_', '-')}"


def _kind(default: object, metavar: str | None) -> dict[str, Any]:
    if isinstance(default, bool):
        # Not given is neither yes nor no.
        return {"action": BooleanOptionalAction, "default": None}
    if isinstance(default, tuple):
        return {"action": "append", "metavar": metavar}
    return {"metavar": metavar}
