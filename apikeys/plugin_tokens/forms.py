from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apikeys.pages.forms import NonceForm, VersionForm
from apikeys.plugin_tokens import domains
from apikeys.plugin_tokens.rules import MAX_NAME_LENGTH, MalformedName, normal_name


class DomainsField(forms.CharField):
    """Domains, one a line or separated by commas; cleaned to a list in normal form."""

    widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "false"})

    def to_python(self, value: object) -> Any:
        text = super().to_python(value) or ""
        try:
            return domains.parse_domains(text) if text else []
        except domains.MalformedDomains as error:
            raise ValidationError(list(error.problems)) from None

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def run_validators(self, value: Any) -> None:
        # The validators of CharField are for text, which to_python has seen.
        return


class DomainsForm(VersionForm):
    """The list of a token's domains, and the version that was shown."""

    domains = DomainsField(
        label=_("Domains"),
        help_text=_(
            "One a line, of 5,000 characters together. A domain lets in its subdomains"
            " too: <code>example.com</code> stands for <code>shop.example.com</code>."
        ),
    )


class CreatePluginTokenForm(NonceForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_NAME_LENGTH,
        help_text=_("Usually the tenant or the site that embeds the editor."),
    )
    domains = DomainsForm.base_fields["domains"]

    def clean_name(self) -> str:
        try:
            return normal_name(self.cleaned_data["name"])
        except MalformedName as error:
            raise ValidationError(str(error)) from None


class ReplaceValueForm(NonceForm):
    """Nothing to fill in: the one-time value is the whole form."""


class TrySiteForm(forms.Form):
    """The question "would this site be let in?"."""

    site = forms.CharField(
        label=_("Address of the page"),
        max_length=2048,
        widget=forms.TextInput(attrs={"placeholder": "https://shop.example.com"}),
    )

    def clean_site(self) -> str:
        site: str = self.cleaned_data["site"].strip()
        return site if "://" in site else f"https://{site}"
