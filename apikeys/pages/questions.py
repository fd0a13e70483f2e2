"""Pages that ask before they act, and name who still uses what would go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse

from apikeys.pages.forms import ConfirmForm
from apikeys.pages.shell import settings_page

# A credential whose last use is as near as this is in use.
IN_USE = timedelta(days=1)


def is_in_use(last_used_at: datetime | None, at: datetime) -> bool:
    return last_used_at is not None and at - last_used_at < IN_USE


@dataclass(frozen=True, slots=True)
class LastUse:
    """When and from where something was last used, None for never."""

    label: str
    at: datetime | None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `tick` is needed first where it is not empty; `sent` goes along."""

    title: str
    url: str
    back_url: str
    act_label: str
    keep_label: str
    strong: str
    text: str
    level: str = "bad"
    uses: tuple[LastUse, ...] = ()
    otherwise: Any = ""
    tick: str = ""
    sent: tuple[tuple[str, str], ...] = ()

    def form(self, request: HttpRequest, version: int) -> ConfirmForm:
        """Return the answer as a form; it is valid once somebody has said yes."""
        return ConfirmForm(
            request.POST if request.method == "POST" else None,
            initial={"version": version},
            tick=self.tick,
        )

    def page(self, request: HttpRequest, form: ConfirmForm) -> TemplateResponse:
        return settings_page(
            request, "confirm.html", self.title, question=self, form=form
        )
