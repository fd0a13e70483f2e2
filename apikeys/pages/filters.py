"""Kinds of filters that lists share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _

Choices = tuple[tuple[str, str | Promise, Callable[[Any], Any]], ...]

_VALUE_CHARACTERS = 40


class OwnFilter(admin.SimpleListFilter):
    """A filter that says so when an address asks for a choice it does not have."""

    def unknown_value_note(self) -> str | None:
        """Return what to say of a value that is no choice; None if all is well."""
        value = self.value()
        if not value or value in {str(each) for each, _label in self.lookup_choices}:
            return None
        return _("There is no %(filter)s “%(value)s”: this filter is not used.") % {
            "filter": self.title,
            "value": Truncator(value).chars(_VALUE_CHARACTERS),
        }


class ChoiceFilter(OwnFilter):
    """A filter whose choices each name a function from rows to rows."""

    rows: Choices = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [(value, label) for value, label, _rows in self.rows]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        for value, _label, rows in self.rows:
            if value == self.value():
                return rows(queryset)
        return self.otherwise(queryset)

    def otherwise(self, queryset: Any) -> Any:
        return queryset


class ColumnFilter(OwnFilter):
    """A filter on the stored values of one column."""

    column: str

    def labels(self) -> dict[str, Any]:
        """Return the label of each value that may be chosen."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return list(self.labels().items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in self.labels():
            return queryset.filter(**{self.column: self.value()})
        return queryset
