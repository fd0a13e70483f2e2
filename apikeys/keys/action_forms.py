"""Forms of what can be done with a key that exists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apikeys.access.client_ip import parse_address
from apikeys.keys.forms import IssueKeyForm
from apikeys.pages.forms import NonceForm, TryForm, VersionForm


class RotateKeyForm(NonceForm, VersionForm):
    overlap = forms.TypedChoiceField(
        label=_("The present secret"),
        coerce=int,
        initial=7 * 24,
        choices=[
            (7 * 24, _("works for 7 more days")),
            (24, _("works for 1 more day")),
            (1, _("works for 1 more hour")),
            (0, _("stops at once")),
        ],
        widget=forms.RadioSelect,
    )


class PasswordForm(NonceForm):
    password = IssueKeyForm.base_fields["password"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = _(
            "Leave it empty to have one made and shown once."
        )


class TryCallForm(TryForm):
    """The question "would this call pass?"."""

    method = forms.ChoiceField(
        label=_("Method"),
        choices=[
            (name, name)
            for name in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
        ],
    )
    path = forms.CharField(label=_("Path"), max_length=4096)
    address = forms.CharField(label=_("From address"), max_length=45)

    def clean_address(self) -> str:
        address = parse_address(self.cleaned_data["address"])
        if address is None:
            raise forms.ValidationError(gettext("This is no IP address."))
        return str(address)
