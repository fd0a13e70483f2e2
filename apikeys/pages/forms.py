"""Forms that screens of every credential share."""

from __future__ import annotations

import secrets
from typing import Any, Self

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apikeys.changes.errors import ChangedMeanwhile, ServiceRefusal


class ServiceForm(forms.Form):
    """A form whose values a service may object to."""

    @property
    def is_typed(self) -> bool:
        """Whether it was sent with something that a person changed in it."""
        return self.is_bound and any(
            not self[name].is_hidden for name in self.changed_data
        )

    def add_service_errors(self, errors: dict[str, str]) -> None:
        """Show a service's objections beside their fields."""
        for name, text in errors.items():
            self.add_error(name if name in self.fields else None, text)


class VersionForm(ServiceForm):
    """A form about a row that others may change while it is being filled in."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def add_refusal(self, refusal: ServiceRefusal) -> None:
        """Show a refusal; after a change by others, let the next sending count."""
        if isinstance(refusal, ChangedMeanwhile):
            sent: Any = self.data
            renewed = sent.copy()
            renewed["version"] = refusal.version
            self.data = renewed
        self.add_error(None, str(refusal))


class ConfirmForm(VersionForm):
    """A yes to a question. `tick` is the text of what must be ticked first, if any."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    confirmed = forms.BooleanField(
        widget=forms.CheckboxInput(attrs={"data-tick-first": ""}),
        error_messages={"required": _("Tick this first.")},
    )

    def __init__(self, *args: Any, tick: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if tick:
            self.fields["confirmed"].label = tick
        else:
            del self.fields["confirmed"]


class NonceForm(ServiceForm):
    """A form whose POST makes a secret: its one-time value stops a second one."""

    nonce = forms.CharField(max_length=64, min_length=16, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("nonce", secrets.token_urlsafe(24))


class TryForm(forms.Form):
    """A question on the page of a thing, such as whether a call would pass."""

    @classmethod
    def of(cls, request: HttpRequest, *, form_id: str = "", **kwargs: Any) -> Self:
        """Return the form, bound where something was asked.

        With `form_id` its fields are sent with that form of the page, whose typed
        values are then what is judged.
        """
        is_post = request.method == "POST"
        source = request.POST if is_post else request.GET
        asked = {name: source.get(name, "") for name in cls.base_fields}
        is_asked = "check" in source if is_post else any(asked.values())
        form = cls(asked if is_asked else None, **kwargs)
        if form_id:
            for each in form.fields.values():
                each.widget.attrs["form"] = form_id
        return form


class DeleteKeyForm(forms.Form):
    """Asks for the name of what is to be deleted."""

    typed_name = forms.CharField(
        label=_("Type the name to confirm"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name

    def clean_typed_name(self) -> str:
        typed: str = self.cleaned_data["typed_name"]
        if typed != self.name:
            raise forms.ValidationError(gettext("This is not its name."))
        return typed
