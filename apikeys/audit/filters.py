from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.contributions import labels
from apikeys.pages.filters import ChoiceFilter, ColumnFilter


class ActionFilter(ColumnFilter):
    title = _("action")
    parameter_name = "action"
    column = "action"

    def labels(self) -> dict[str, Any]:
        return labels("audit_actions")


class ActorKindFilter(ColumnFilter):
    title = _("actor")
    parameter_name = "actor"
    column = "actor_kind"

    def labels(self) -> dict[str, Any]:
        return labels("actor_kinds")


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
