"""The settings of a key, for those who may look but not change."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apikeys.access.key_types import Need
from apikeys.keys.forms import KeySettingsForm, needs_on_forms
from apikeys.keys.models import ApiKey
from apikeys.keys.values import SETTINGS, FieldGroup, KeySettings, is_open
from apikeys.pages.display import pill

Fact = tuple[str, SafeString | str]


def settings_facts(key: ApiKey) -> dict[str, list[Fact]]:
    """Return label and value of each setting that the key's type has, by their group.

    The name is left out, which is the title of the page, and so are empty texts.
    """
    needs = needs_on_forms(key.type)
    facts: dict[str, list[Fact]] = {group: [] for group in FieldGroup}
    for name, value in asdict(KeySettings.of(key)).items():
        if name != "name" and value != "" and needs.get(name) is not Need.HIDDEN:
            label = str(KeySettingsForm.base_fields[name].label)
            facts[SETTINGS[name].group].append((label, _shown(name, value)))
    return facts


def _shown(name: str, value: Any) -> SafeString | str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if not isinstance(value, tuple):
        return str(value)
    if not is_open(name, value):
        return format_html_join(" ", "<code>{}</code>", ((each,) for each in value))
    level = "warn" if SETTINGS[name].is_risky_when_open else ""
    return pill(str(KeySettingsForm.base_fields[SETTINGS[name].open_box].label), level)
