"""Filters of the keys list; each is a set of rows that a QuerySet method could name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apikeys.choices import ActorKind, AuditAction, KeyTypeName
from apikeys.models import ApiKey

_SOON = timedelta(days=30)

_Keys = QuerySet[ApiKey]
_Choices = tuple[tuple[str, str | Promise, Callable[[Any], _Keys]], ...]


class _ChoiceFilter(admin.SimpleListFilter):
    """A filter whose choices each name a function from rows to rows."""

    rows: _Choices = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [(value, label) for value, label, _rows in self.rows]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        for value, _label, rows in self.rows:
            if value == self.value():
                return rows(queryset)
        return self.otherwise(queryset)

    def otherwise(self, queryset: Any) -> Any:
        return queryset


class _ColumnFilter(admin.SimpleListFilter):
    """A filter on the stored values of one column."""

    column: str
    values: type[models.TextChoices]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return list(self.values.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in self.values.values:
            return queryset.filter(**{self.column: self.value()})
        return queryset


class TypeFilter(_ColumnFilter):
    title = _("type")
    parameter_name = "type"
    column = "key_type"
    values = KeyTypeName


class StatusFilter(_ChoiceFilter):
    """Deleted keys are shown only when asked for."""

    title = _("status")
    parameter_name = "status"
    rows = (
        ("active", _("Active"), lambda rows: rows.usable(timezone.now())),
        (
            "inactive",
            _("Inactive"),
            lambda rows: rows.present().filter(is_active=False),
        ),
        ("expired", _("Expired"), lambda rows: rows.expired(timezone.now())),
        ("deleted", _("Deleted"), lambda rows: rows.exclude(deleted_at=None)),
    )

    def otherwise(self, queryset: Any) -> Any:
        return queryset.present()


class RestrictionFilter(_ChoiceFilter):
    title = _("restriction")
    parameter_name = "restriction"
    rows = (
        (
            "any-address",
            _("Open to any address"),
            lambda rows: rows.open_to_any_address(),
        ),
        ("networks", _("Allowed networks"), lambda rows: rows.exclude(networks=[])),
        ("all-endpoints", _("All endpoints"), lambda rows: rows.filter(endpoints=[])),
        (
            "endpoints",
            _("Endpoint permissions"),
            lambda rows: rows.exclude(endpoints=[]),
        ),
        (
            "parameters",
            _("Accepts parameters"),
            lambda rows: rows.filter(accepts_parameters=True),
        ),
    )


def _soon() -> datetime:
    return timezone.now() + _SOON


def _expiring_soon(rows: _Keys) -> _Keys:
    return rows.filter(expires_at__gt=timezone.now(), expires_at__lte=_soon())


class ExpiryFilter(_ChoiceFilter):
    title = _("expiry")
    parameter_name = "expiry"
    rows = (
        ("soon", _("Within 30 days"), _expiring_soon),
        ("later", _("Later"), lambda rows: rows.filter(expires_at__gt=_soon())),
        ("never", _("Never"), lambda rows: rows.filter(expires_at=None)),
        ("past", _("Past"), lambda rows: rows.filter(expires_at__lte=timezone.now())),
    )


class ActionFilter(_ColumnFilter):
    title = _("action")
    parameter_name = "action"
    column = "action"
    values = AuditAction


class ActorKindFilter(_ColumnFilter):
    title = _("actor")
    parameter_name = "actor"
    column = "actor_kind"
    values = ActorKind


class MomentFilter(_ChoiceFilter):
    title = _("time")
    parameter_name = "since"
    rows = (
        ("1", _("Last 24 hours"), lambda rows: rows.filter(at__gte=_days_ago(1))),
        ("7", _("Last 7 days"), lambda rows: rows.filter(at__gte=_days_ago(7))),
        ("30", _("Last 30 days"), lambda rows: rows.filter(at__gte=_days_ago(30))),
    )


def _days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


class ManagingFilter(_ChoiceFilter):
    title = _("right")
    parameter_name = "right"
    rows = (
        (
            "manages",
            _("May manage tokens"),
            lambda rows: rows.filter(may_manage_tokens=True),
        ),
    )
