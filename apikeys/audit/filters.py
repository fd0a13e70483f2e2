from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.choices import ActorKind, AuditAction
from apikeys.pages.filters import ChoiceFilter, ColumnFilter


class ActionFilter(ColumnFilter):
    title = _("action")
    parameter_name = "action"
    column = "action"
    values = AuditAction


class ActorKindFilter(ColumnFilter):
    title = _("actor")
    parameter_name = "actor"
    column = "actor_kind"
    values = ActorKind


class MomentFilter(ChoiceFilter):
    title = _("time")
    parameter_name = "since"
    rows = (
        ("1", _("Last 24 hours"), lambda rows: rows.filter(at__gte=_days_ago(1))),
        ("7", _("Last 7 days"), lambda rows: rows.filter(at__gte=_days_ago(7))),
        ("30", _("Last 30 days"), lambda rows: rows.filter(at__gte=_days_ago(30))),
    )


def _days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)
