"""What a key's page says of it beside its form: settings, expiry, rotation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apikeys.access.key_types import Need
from apikeys.keys.expiry import level_of
from apikeys.keys.forms import KeySettingsForm, needs_on_forms
from apikeys.keys.models import ApiKey, KeySecret
from apikeys.keys.values import SETTINGS, FieldGroup, KeySettings, is_open
from apikeys.pages.display import pill
from apikeys.pages.questions import is_in_use

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


@dataclass(frozen=True, slots=True)
class ExpiryFacts:
    """How long a key still lives. `level` is warn or bad where that is soon."""

    left: str
    level: str
    is_past: bool


def expiry_facts(key: ApiKey, at: datetime) -> ExpiryFacts | None:
    """Return None for a key that never expires."""
    if key.expires_at is None:
        return None
    left = key.expires_at - at
    if left <= timedelta(0):
        return ExpiryFacts(_("expired"), "bad", True)
    level = level_of(left)
    if left < timedelta(days=1):
        hours = int(left.total_seconds() // 3600)
        if not hours:
            return ExpiryFacts(_("less than an hour left"), level, False)
        text = ngettext("%d hour left", "%d hours left", hours) % hours
    else:
        text = ngettext("%d day left", "%d days left", left.days) % left.days
    return ExpiryFacts(text, level, False)


@dataclass(frozen=True, slots=True)
class RotationFacts:
    """The two secrets of a rotation, and what their last uses tell."""

    old: KeySecret
    new: KeySecret
    stops_at: datetime
    is_old_in_use: bool
    is_new_in_use: bool

    @property
    def is_new_used(self) -> bool:
        return self.new.last_used_at is not None

    @property
    def advice(self) -> str:
        """Return what to do next, in one sentence."""
        if not self.is_new_used:
            return _(
                "Nobody has used the new token yet. Give it to every caller before the"
                " old one stops."
            )
        if self.is_old_in_use:
            return _(
                "The old token is still in use. Give its callers the new one before it"
                " stops."
            )
        return _(
            "The new token is in use and the old one was not used for a day: it can"
            " end."
        )

    @property
    def level(self) -> str:
        return "ok" if self.is_new_used and not self.is_old_in_use else "warn"


def rotation_facts(key: ApiKey, at: datetime) -> RotationFacts | None:
    """Return None where no rotation is under way."""
    secrets = list(key.secrets.live(at).order_by("-created_at", "-pk"))
    old = next((each for each in secrets if each.expires_at is not None), None)
    new = next((each for each in secrets if each.expires_at is None), None)
    if old is None or new is None or old.expires_at is None:
        return None
    return RotationFacts(
        old,
        new,
        old.expires_at,
        is_in_use(old.last_used_at, at),
        is_in_use(new.last_used_at, at),
    )
