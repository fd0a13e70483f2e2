"""Kinds of filters that lists share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.functional import Promise

Choices = tuple[tuple[str, str | Promise, Callable[[Any], Any]], ...]


class ChoiceFilter(admin.SimpleListFilter):
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


class ColumnFilter(admin.SimpleListFilter):
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
