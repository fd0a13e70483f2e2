from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from apikeys.access.key_types import KEY_TYPES, MAX_NAME_LENGTH, KeyType, Need, misfits
from apikeys.keys.expiry import MalformedExpiry, read_expiry
from apikeys.keys.models import ApiKey
from apikeys.keys.type_paths import endpoint_warnings, type_patterns
from apikeys.keys.values import (
    MAX_EXPIRY,
    OPEN_BOXES,
    SETTINGS,
    FieldGroup,
    KeySettings,
    is_open,
)
from apikeys.organization.role_fields import KeyRolesField
from apikeys.organization.roles import roles_for_keys
from apikeys.pages.fields import EndpointsField, NameField, NetworksField
from apikeys.pages.forms import NonceForm, ServiceForm, VersionForm

MIN_PASSWORD_LENGTH = 12

EXPIRY_PRESETS = {"30": 30, "90": 90, "180": 180, "365": 365}
_FIXED_EXPIRY = _("Fixed: it cannot be extended later.")
_HOLDS_ALL = {
    "networks": gettext_noop("These networks hold every address."),
    "endpoints": gettext_noop("These patterns match every path."),
}
_FIXED_ROLES = _("Fixed: they cannot be changed later.")


def needs_on_forms(kind: KeyType) -> dict[str, Need]:
    """Return the needs of a type's fields and of the boxes that stand beside them."""
    needs = dict(kind.fields)
    for field, box in OPEN_BOXES.items():
        if needs[field] is Need.REQUIRED:
            needs[box] = Need.HIDDEN
    return needs


class KeySettingsForm(ServiceForm):
    """The fields of a key that may change. An empty list needs its box ticked."""

    name = NameField(
        label=_("Name"),
        max_length=MAX_NAME_LENGTH,
        help_text=_("Say what will use it, so that it can be found and removed later."),
    )
    networks = NetworksField(label=_("Allowed IP addresses"), required=False)
    open_to_any_address = forms.BooleanField(
        label=_("Open to any address"),
        required=False,
        widget=forms.CheckboxInput(attrs={"data-open-box": "networks"}),
    )
    endpoints = EndpointsField(
        label=_("Endpoint permissions"),
        required=False,
        help_text=_(
            "One path a line; <code>*</code> stands for any run of characters."
        ),
    )
    all_endpoints = forms.BooleanField(
        label=_("All endpoints of its type"),
        required=False,
        widget=forms.CheckboxInput(attrs={"data-open-box": "endpoints"}),
    )
    read_only = forms.BooleanField(
        label=_("Read only"),
        required=False,
        help_text=_(
            "Only GET, HEAD and OPTIONS pass, whatever the endpoint permissions and"
            " the roles allow."
        ),
    )
    public_url = forms.URLField(
        label=_("Public URL"),
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text=_("Where the application is, for whoever looks after the key."),
    )
    accepts_parameters = forms.BooleanField(
        label=_("Accept credentials as parameters"),
        required=False,
        help_text=_(
            "For systems that cannot send headers. Parameters end up in logs and"
            " histories on their way; leave this off if you can."
        ),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, own_address: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["networks"].help_text = _networks_help(own_address)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for field, box in OPEN_BOXES.items():
            self._need_box(field, box)
        return cleaned

    def _need_box(self, field: str, box: str) -> None:
        values = self.cleaned_data.get(field)
        if field in self.errors or not is_open(field, values or ()):
            return
        is_choice = self._may_be_open(field, box)
        if is_choice and self.cleaned_data.get(box):
            self.cleaned_data[field] = ()
        elif values:
            text = gettext(_HOLDS_ALL[field])
            if is_choice:
                text += " " + gettext("If that is meant, tick “%(box)s”.")
            self.add_error(field, text % {"box": self.fields[box].label})
        elif is_choice:
            text = gettext("Enter at least one, or tick “%(box)s”.")
            self.add_error(field, text % {"box": self.fields[box].label})

    def _may_be_open(self, field: str, box: str) -> bool:
        return box in self.fields

    def _warn_of_endpoints(self, key_type: str, endpoints: Iterable[str]) -> None:
        """Say beside the field which of its patterns lie outside the type."""
        field: Any = self.fields["endpoints"]
        field.warnings = endpoint_warnings(key_type, endpoints)

    def settings(self) -> KeySettings:
        """Return the cleaned values as the services take them."""
        cleaned = self.cleaned_data
        return KeySettings(
            **{name: cleaned[name] for name in SETTINGS if name in cleaned}
        )

    def groups(self) -> dict[str, list[forms.BoundField]]:
        """Return the fields by their `FieldGroup`, each list followed by its tick."""
        groups: dict[str, list[forms.BoundField]] = {group: [] for group in FieldGroup}
        for name, setting in SETTINGS.items():
            asked = (name, setting.open_box)
            groups[setting.group] += [
                self[each] for each in asked if each in self.fields
            ]
        return groups


class EditKeyForm(KeySettingsForm, VersionForm):
    """Only the fields that the key's type has, and the version that was shown."""

    def __init__(
        self,
        *args: Any,
        key: ApiKey,
        typed: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs, initial=_initial(key) | (typed or {}))
        for name, need in needs_on_forms(key.type).items():
            if need is Need.HIDDEN and name in self.fields:
                del self.fields[name]
        self.key = key
        self.fields["endpoints"].help_text += f" {_type_help(key.key_type)}"
        self._warn_of_endpoints(key.key_type, key.endpoints)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "endpoints" in cleaned:
            self._warn_of_endpoints(self.key.key_type, cleaned["endpoints"])
        return cleaned


class ExpiryField(forms.DateTimeField):
    """A date, which ends with its day, or a time, as commands read them."""

    def to_python(self, value: Any) -> datetime | None:
        try:
            at = read_expiry(str(value).strip()) if value else None
        except MalformedExpiry as error:
            raise forms.ValidationError(str(error)) from None
        return at or super().to_python(value)


class IssueKeyForm(KeySettingsForm, NonceForm):
    key_type = forms.ChoiceField(
        label=_("Type"),
        initial=next(iter(KEY_TYPES)),
        choices=[
            (name, f"{kind.label} ({kind.summary})") for name, kind in KEY_TYPES.items()
        ],
        widget=forms.Select(attrs={"data-key-type": ""}),
    )
    expires = forms.ChoiceField(label=_("Expires"), initial="90")
    expires_at = ExpiryField(
        label=_("Expiry date"),
        required=False,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        help_text=_("Only for “On a date”, in your time zone."),
    )
    roles = KeyRolesField(
        Group.objects.none(),
        label=_("Roles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    password = forms.CharField(
        label=_("Application password"),
        required=False,
        min_length=MIN_PASSWORD_LENGTH,
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave it empty to have one made and shown once with the token."),
    )

    field_order = ["name", "key_type", "expires", "expires_at", "roles", "password"]
    matrix = json.dumps(
        {
            name: {field: need.value for field, need in needs_on_forms(kind).items()}
            for name, kind in KEY_TYPES.items()
        }
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.fields["expires"].choices = _expiry_choices(now)  # type: ignore[attr-defined]  # typed as any field
        self.fields["expires"].lock = _FIXED_EXPIRY  # type: ignore[attr-defined]  # typed as any field
        self.fields["roles"].queryset = roles_for_keys()  # type: ignore[attr-defined]  # typed as any field
        self.fields["roles"].lock = _FIXED_ROLES  # type: ignore[attr-defined]  # typed as any field
        self.fields["endpoints"].help_text += " " + "".join(map(_shown_for, KEY_TYPES))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._refuse_misfits(cleaned)
        if cleaned.get("key_type") and "endpoints" in cleaned:
            self._warn_of_endpoints(cleaned["key_type"], cleaned["endpoints"])
        if cleaned.get("expires") == "date" and "expires_at" not in self.errors:
            self._clean_date(cleaned.get("expires_at"))
        return cleaned

    def _may_be_open(self, field: str, box: str) -> bool:
        # What the type needs anyhow cannot be left open by a tick.
        kind = KEY_TYPES.get(self.cleaned_data.get("key_type", ""))
        return kind is None or kind.fields[field] is not Need.REQUIRED

    def _refuse_misfits(self, cleaned: dict[str, Any]) -> None:
        kind = KEY_TYPES.get(cleaned.get("key_type", ""))
        if kind is None:
            return
        unknown = set(self.errors)
        self.add_service_errors(
            {
                name: text
                for name, text in misfits(kind, cleaned).items()
                if name not in unknown
            }
        )

    def _clean_date(self, at: datetime | None) -> None:
        if at is None:
            self.add_error("expires_at", gettext("Choose the date and time."))
        elif at <= self.now:
            self.add_error("expires_at", gettext("The expiry is in the past."))
        elif at > self.now + MAX_EXPIRY:
            self.add_error(
                "expires_at",
                gettext("The expiry is more than 100 years away; choose “Never”."),
            )

    def expiry(self) -> datetime | None:
        """Return the instant of expiry, None for never."""
        choice = self.cleaned_data["expires"]
        if choice in EXPIRY_PRESETS:
            return self.now + timedelta(days=EXPIRY_PRESETS[choice])
        return self.cleaned_data["expires_at"] if choice == "date" else None


def _initial(key: ApiKey) -> dict[str, Any]:
    settings = asdict(KeySettings.of(key))
    ticks = {box: is_open(field, settings[field]) for field, box in OPEN_BOXES.items()}
    return {**settings, **ticks, "version": key.version}


def _networks_help(own_address: str) -> str:
    text = gettext("Addresses or networks, separated by commas.")
    if own_address:
        text += " " + gettext("Yours is %(address)s.") % {
            "address": f"<code>{own_address}</code>"
        }
    return text


def _type_help(key_type: str) -> str:
    patterns = type_patterns(key_type)
    return gettext(
        "Methods first if only some: %(example)s. This type covers %(own)s."
    ) % {
        "example": f"<code>GET {escape(patterns[0])}</code>",
        "own": ", ".join(f"<code>{escape(pattern)}</code>" for pattern in patterns),
    }


def _shown_for(key_type: str) -> str:
    """Return the help of one type; without script, that of each stands there by name."""
    return (
        f'<span data-shown-for="key_type" data-shown-value="{key_type}"><br>'
        f"<b>{escape(gettext(KEY_TYPES[key_type].label))}</b>: {_type_help(key_type)}</span>"
    )


def _expiry_choices(now: datetime) -> list[tuple[str, str]]:
    def label(text: str, days: int) -> str:
        at = timezone.localtime(now + timedelta(days=days))
        return f"{text} ({date_format(at, 'j M Y')})"

    return [
        ("30", label(gettext("30 days"), 30)),
        ("90", label(gettext("90 days"), 90)),
        ("180", label(gettext("180 days"), 180)),
        ("365", label(gettext("1 year"), 365)),
        ("date", gettext("On a date…")),
        ("never", gettext("Never")),
    ]
