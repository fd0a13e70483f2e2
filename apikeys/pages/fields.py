"""Form fields that turn what a person typed or pasted into normal values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apikeys.access import entries
from apikeys.access.client_ip import MalformedNetwork, parse_network
from apikeys.access.names import MalformedName, normal_name
from apikeys.access.networks import joined_ranges
from apikeys.access.paths import MalformedPattern, normal_pattern

MAX_ENTRIES = 200


class NameField(forms.CharField):
    """A name by the one rule for them; `max_length` must be given."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return normal_name(text, self.max_length or 0) if text else text
        except MalformedName as error:
            raise ValidationError(_(str(error))) from None


class LinesField(forms.CharField):
    """Several values in one text field; cleaned to a tuple without repetitions.

    Every wrong entry gets its own message, so that a long list is mended in one go.
    """

    split: Callable[[str], list[str]]
    normal: Callable[[str], str]
    # A tick beside it says whether it may be empty: it is not called optional.
    is_plain = True

    def to_python(self, value: object) -> tuple[str, ...]:  # type: ignore[override]  # a CharField gives text
        text = super().to_python(value) or ""
        parts = type(self).split(text)
        if len(parts) > MAX_ENTRIES:
            raise ValidationError(
                _("At most %(count)s entries fit.") % {"count": MAX_ENTRIES}
            )
        values, errors = _each(parts, type(self).normal)
        if errors:
            raise ValidationError(errors)
        return tuple(dict.fromkeys(values))

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        # Joined in one line, a comment would end the whole list.
        return self.glue.join(map(entries.without_comments, value))

    @property
    def glue(self) -> str:
        return ", "

    def has_changed(self, initial: Any, data: Any) -> bool:
        # As text: what is empty on the page is no change of nothing.
        shown = self.prepare_value(initial) or ""
        return str(shown).split() != str(data or "").split()

    def run_validators(self, value: Any) -> None:
        # The validators of CharField are for text, which to_python has seen.
        return


def _each(
    parts: Iterable[str], normal: Callable[[str], str]
) -> tuple[list[str], list[ValidationError]]:
    values: list[str] = []
    errors: list[ValidationError] = []
    for part in parts:
        try:
            values.append(normal(part))
        except ValidationError as error:
            errors.append(error)
    return values, errors


def _networks_of(text: str) -> list[str]:
    return entries.entries(joined_ranges(text))


def _normal_network(text: str) -> str:
    try:
        return str(parse_network(text))
    except MalformedNetwork as error:
        why = (
            _("%(text)s has host bits set.")
            if error.has_host_bits
            else _("%(text)s is no IP address or network.")
        )
        raise ValidationError(
            _did_you_mean(why % {"text": text}, error.suggestion)
        ) from None


# Words without a sign of a path are methods, and go with what follows on the line.
_ENDPOINT = re.compile(r"(?:[^\s,;/*:]+(?:,|[^\S\r\n])+)*[^\s,;]+")


def _endpoints_of(text: str) -> list[str]:
    return _ENDPOINT.findall(entries.without_comments(text))


def _normal_endpoint(text: str) -> str:
    try:
        return normal_pattern(text)
    except MalformedPattern as error:
        raise ValidationError(
            _did_you_mean(f"{text}: {error}", error.suggestion)
        ) from None


def _did_you_mean(why: str, suggestion: str) -> str:
    if not suggestion:
        return why
    return why + " " + _("Did you mean %(suggestion)s?") % {"suggestion": suggestion}


class RowsField(forms.ModelMultipleChoiceField):
    """A choice of rows. A number too long for the database is the ID of no row."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except OverflowError:
            raise ValidationError(_("Select a valid choice.")) from None


class NetworksField(LinesField):
    """Addresses and networks, separated by commas, semicolons, spaces or lines."""

    split = staticmethod(_networks_of)
    normal = staticmethod(_normal_network)
    widget = forms.Textarea(
        attrs={"rows": 2, "data-networks": "", "spellcheck": "false"}
    )


class EndpointsField(LinesField):
    """Endpoint patterns, one a line; a pasted URL loses its scheme and host."""

    split = staticmethod(_endpoints_of)
    normal = staticmethod(_normal_endpoint)
    widget = forms.Textarea(
        attrs={"rows": 2, "data-endpoints": "", "spellcheck": "false"}
    )

    @property
    def glue(self) -> str:
        return "\n"
