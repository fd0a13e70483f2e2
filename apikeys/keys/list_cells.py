"""Lines of the keys list: what a key may call and from where, its state, its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apikeys.keys.expiry import level_of
from apikeys.keys.models import ApiKey
from apikeys.pages.cells import Line
from apikeys.pages.display import day, exact_text, pill

_PATHS_IN_TITLE = 20
_DAY = timedelta(days=1)


def paths_line(key: ApiKey) -> Line:
    """Return the first of the paths, and how many more there are."""
    if not key.endpoints:
        text = _("All endpoints, read only") if key.read_only else _("All endpoints")
        return Line(text)
    first, more = key.endpoints[0], len(key.endpoints) - 1
    if not more:
        return Line(format_html("<code>{}</code>", first), title=first)
    words = ngettext("%d more path", "%d more paths", more) % more
    return Line(
        format_html(
            '<code>{}</code> <small><span aria-hidden="true">+{}</span>'
            '<span class="visually-hidden">{}</span></small>',
            first,
            more,
            words,
        ),
        title=", ".join(key.endpoints[:_PATHS_IN_TITLE]),
        level="more",
    )


def origin_line(key: ApiKey) -> Line:
    """Return the type, whether any address may call, and what else restricts."""
    count = len(key.networks)
    networks = ngettext("%d network", "%d networks", count) % count
    parts = [
        key.get_key_type_display(),
        networks if count else _("open to any address"),
    ]
    if key.read_only and key.endpoints:
        parts.append(_("read only"))
    if key.password:
        parts.append(_("password"))
    return Line(", ".join(parts), level="" if count else "warn")


def status_line(key: Any, at: datetime) -> Line:
    """Return the status, and whether a rotation is under way."""
    status = pill(*key.status(at))
    if key.is_deleted or not key.old_token_ends_at:
        return Line(status)
    until = _("Old token works until %s") % exact_text(key.old_token_ends_at)
    return Line(format_html("{} {}", status, pill(_("Rotating"), "info")), title=until)


def expiry_line(key: ApiKey, at: datetime) -> Line:
    """Return until when a key works, and how near that is."""
    if key.deleted_at is not None:
        return Line(format_html("{} {}", _("deleted"), day(key.deleted_at)))
    if key.expires_at is None:
        return Line(_("Never expires"))
    days = abs(key.expires_at - at) // _DAY
    if key.is_expired(at):
        words = ngettext("%d day ago", "%d days ago", days) if days else _("today")
        level = "bad"
    else:
        words = ngettext("%d day left", "%d days left", days) if days else _("last day")
        level = level_of(key.expires_at - at)
    text = words % days if days else words
    return Line(format_html("{}, {}", day(key.expires_at), text), level=level)
