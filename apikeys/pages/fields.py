"""Form fields that turn what a person typed or pasted into normal values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apikeys.access.client_ip import MalformedNetwork, parse_network
from apikeys.access.paths import MalformedPattern, normal_pattern

MAX_ENTRIES = 200

# Control characters and line ends would let a name forge lines of a listing or a
# terminal, bidirectional marks the order of its letters; U+FFFD stands for bytes
# that were no text.
plain_line = RegexValidator(
    r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffd]",
    gettext_lazy("Use letters, digits and signs in one line."),
    inverse_match=True,
)


class LinesField(forms.CharField):
    """Several values in one text field; cleaned to a tuple without repetitions.

    Every wrong entry gets its own message, so that a long list is mended in one go.
    """

    # An entry is found by this; what stands between two is left out.
    entry = re.compile(r"[^\s,]+")
    normal: Callable[[str], str]
    # A tick beside it says whether it may be empty: it is not called optional.
    is_plain = True

    def to_python(self, value: object) -> tuple[str, ...]:  # type: ignore[override]  # a CharField gives text
        text = super().to_python(value) or ""
        entries = self.entry.findall(text)
        if len(entries) > MAX_ENTRIES:
            raise ValidationError(
                _("At most %(count)s entries fit.") % {"count": MAX_ENTRIES}
            )
        values, errors = _each(entries, type(self).normal)
        if errors:
            raise ValidationError(errors)
        return tuple(dict.fromkeys(values))

    def prepare_value(self, value: Any) -> Any:
        return self.glue.join(value) if isinstance(value, list | tuple) else value

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
    entries: Iterable[str], normal: Callable[[str], str]
) -> tuple[list[str], list[ValidationError]]:
    values: list[str] = []
    errors: list[ValidationError] = []
    for entry in entries:
        try:
            values.append(normal(entry))
        except ValidationError as error:
            errors.append(error)
    return values, errors


def _normal_network(text: str) -> str:
    try:
        return str(parse_network(text))
    except MalformedNetwork as error:
        if error.suggestion:
            raise ValidationError(
                _("%(text)s has host bits set. Did you mean %(suggestion)s?")
                % {"text": text, "suggestion": error.suggestion}
            ) from None
        raise ValidationError(
            _("%(text)s is no IP address or network.") % {"text": text}
        ) from None


def _normal_endpoint(text: str) -> str:
    try:
        return normal_pattern(text)
    except MalformedPattern as error:
        raise ValidationError(f"{text}: {error}") from None


class RowsField(forms.ModelMultipleChoiceField):
    """A choice of rows. A number too long for the database is the ID of no row."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except OverflowError:
            raise ValidationError(_("Select a valid choice.")) from None


class NetworksField(LinesField):
    """Addresses and networks, separated by commas, spaces or lines."""

    normal = staticmethod(_normal_network)
    widget = forms.Textarea(
        attrs={"rows": 2, "data-networks": "", "spellcheck": "false"}
    )


class EndpointsField(LinesField):
    """Endpoint patterns, one a line; a pasted URL loses its scheme and host."""

    # Words without a sign of a path are methods, and go with what follows on the line.
    entry = re.compile(r"(?:[^\s,/*:]+(?:,|[^\S\r\n])+)*[^\s,]+")
    normal = staticmethod(_normal_endpoint)
    widget = forms.Textarea(
        attrs={"rows": 2, "data-endpoints": "", "spellcheck": "false"}
    )

    @property
    def glue(self) -> str:
        return "\n"
