"""Filters of the keys list; each is a set of rows that a QuerySet method could name."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apikeys.access.key_types import KEY_TYPES
from apikeys.keys.models import ApiKey
from apikeys.pages.filters import ChoiceFilter, ColumnFilter

_SOON = timedelta(days=30)
_Keys = QuerySet[ApiKey]


class TypeFilter(ColumnFilter):
    title = _("type")
    parameter_name = "type"
    column = "key_type"

    def labels(self) -> dict[str, Any]:
        return {name: gettext(kind.label) for name, kind in KEY_TYPES.items()}


class StatusFilter(ChoiceFilter):
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


class RestrictionFilter(ChoiceFilter):
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
        ("read-only", _("Read only"), lambda rows: rows.filter(read_only=True)),
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


class ExpiryFilter(ChoiceFilter):
    title = _("expiry")
    parameter_name = "expiry"
    rows = (
        ("soon", _("Within 30 days"), _expiring_soon),
        ("later", _("Later"), lambda rows: rows.filter(expires_at__gt=_soon())),
        ("never", _("Never"), lambda rows: rows.filter(expires_at=None)),
        ("past", _("Past"), lambda rows: rows.filter(expires_at__lte=timezone.now())),
    )
