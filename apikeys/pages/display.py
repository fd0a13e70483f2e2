"""Small pieces of HTML that lists and pages share; moments in the person's zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

# As `access.rules.utc` writes it.
_UTC_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC)")


def ago(at: datetime) -> SafeString:
    """Return `3 minutes ago` as a `<time>` whose title is the exact time."""
    return _time(at, str(naturaltime(at)))


def day(at: datetime) -> SafeString:
    """Return `12 Mar 2027` as a `<time>` whose title is the exact time."""
    return _time(at, date_format(timezone.localtime(at), "j M Y"))


def exact(at: datetime) -> SafeString:
    """Return `12 Mar 2027, 14:02 CET` as a `<time>`."""
    return _time(at, _exact(at))


def _time(at: datetime, text: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), _exact(at), text
    )


def _exact(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j M Y, H:i T")


def with_local_times(text: str) -> SafeString:
    """Return a text whose moments in UTC are preceded by those in the person's zone."""
    parts = _UTC_MOMENT.split(text)
    return format_html_join(
        "",
        "{}",
        ((_local(each) if place % 2 else each,) for place, each in enumerate(parts)),
    )


def _local(moment: str) -> SafeString | str:
    at = datetime.strptime(f"{moment}+0000", "%Y-%m-%d %H:%M:%S UTC%z")
    if not timezone.localtime(at).utcoffset():
        return moment
    return format_html("{} ({})", exact(at), moment)


def pill(text: str, level: str) -> SafeString:
    """Return a status as a pill; levels are ok, warn, bad and none."""
    return format_html('<span class="pill {}">{}</span>', level, text)


def changes_html(changes: Mapping[str, tuple[Any, Any]]) -> SafeString | str:
    """Return the old and new value of each changed field as a short list."""
    if not changes:
        return "—"
    return format_html_join(
        "",
        '<div class="change"><small>{}</small> {}</div>',
        (
            (name.replace("_", " "), _change(*(_moment(name, v) for v in (old, new))))
            for name, (old, new) in changes.items()
        ),
    )


def _moment(name: str, value: Any) -> Any:
    at = parse_datetime(value) if name.endswith("_at") and value else None
    return exact(at) if at else value


def _change(old: Any, new: Any) -> SafeString | str:
    if old is None:
        return _text(new)
    return format_html("<del>{}</del> → <ins>{}</ins>", _text(old), _text(new))


def _text(value: Any) -> str:
    if isinstance(value, SafeString):
        return value
    if isinstance(value, list):
        return ", ".join(map(str, value)) or _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) if value not in (None, "") else _("none")
