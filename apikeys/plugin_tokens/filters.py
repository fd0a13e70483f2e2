from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apikeys.pages.filters import ChoiceFilter


class ManagingFilter(ChoiceFilter):
    title = _("right")
    parameter_name = "right"
    rows = (
        (
            "manages",
            _("May manage tokens"),
            lambda rows: rows.filter(may_manage_tokens=True),
        ),
    )
