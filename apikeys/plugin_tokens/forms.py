from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apikeys.pages.fields import NameField
from apikeys.pages.forms import NonceForm, TryForm, VersionForm
from apikeys.plugin_tokens import domains
from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.rules import MAX_NAME_LENGTH


def app_warnings(listed: Iterable[str]) -> list[str]:
    """Warn of addresses of apps, which other apps can have as well."""
    found = ", ".join(domains.app_addresses(listed))
    text = gettext(
        "The address of an app, not of a site: %(found)s. Any other app can have the"
        " same one, so this lets all of them in."
    )
    return [text % {"found": found}] if found else []


class DomainsField(forms.CharField):
    """Domains, one a line or with separators; cleaned to a list in normal form."""

    widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "data-grows": ""})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Domains"),
            help_text=_(
                "One a line, of 5,000 characters together. A domain lets in its subdomains"
                " too: <code>example.com</code> stands for"
                " <code>shop.example.com</code>."
            ),
            **kwargs,
        )

    def to_python(self, value: object) -> Any:
        text = super().to_python(value) or ""
        try:
            return domains.parse_domains(text) if text else []
        except domains.MalformedDomains as error:
            raise ValidationError(list(error.problems)) from None

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        # As text: what is empty on the page is no change of nothing.
        shown = self.prepare_value(initial) or ""
        return str(shown).split() != str(data or "").split()

    def run_validators(self, value: Any) -> None:
        # The validators of CharField are for text, which to_python has seen.
        return


class TokenNameField(NameField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Name"),
            max_length=MAX_NAME_LENGTH,
            help_text=_("Usually the tenant or the site that embeds the editor."),
            **kwargs,
        )


class EditPluginTokenForm(VersionForm):
    """What may change of a token, and the version that was shown."""

    name = TokenNameField()
    domains = DomainsField()

    def __init__(
        self,
        *args: Any,
        token: PluginToken,
        typed: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        stored = {name: getattr(token, name) for name in self.base_fields}
        super().__init__(*args, **{**kwargs, "initial": stored | (typed or {})})
        self.fields["name"].help_text = _(
            "Usually the tenant or the site that embeds the editor. Systems that create"
            " tokens through the API know it by this name."
        )
        self._warn(self.initial["domains"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "domains" in cleaned:
            self._warn(cleaned["domains"])
        return cleaned

    def _warn(self, listed: Iterable[str]) -> None:
        field: Any = self.fields["domains"]
        field.warnings = app_warnings(listed)


class CreatePluginTokenForm(NonceForm):
    name = TokenNameField()
    domains = DomainsField()


class ReplaceValueForm(NonceForm):
    """Nothing to fill in: the one-time value is the whole form."""


class TrySiteForm(TryForm):
    """The question "would this site be let in?"."""

    site = forms.CharField(
        label=_("Address of the page"),
        max_length=2048,
        widget=forms.TextInput(attrs={"placeholder": "https://shop.example.com"}),
    )

    def clean_site(self) -> str:
        site: str = self.cleaned_data["site"].strip()
        return site if "://" in site else f"https://{site}"
