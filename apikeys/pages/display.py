"""Small pieces of HTML that lists and pages share; moments in the person's zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_IN_LOGS = "%Y-%m-%d %H:%M:%S UTC"

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
    return _time(at, exact_text(at))


def to_the_second(at: datetime) -> SafeString:
    """Return `12 Mar 2027, 14:02:31` as a `<time>` whose title says the zones."""
    return _time(at, date_format(timezone.localtime(at), "j M Y, H:i:s"))


def exact_text(at: datetime) -> str:
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
    """Return a status as a pill; levels are ok, info, warn, bad and none."""
    return format_html('<span class="pill {}">{}</span>', level, text)


def _time(at: datetime, text: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), _title(at), text
    )


def _title(at: datetime) -> str:
    """Return the moment in the person's zone, and in UTC as logs have it."""
    here = date_format(timezone.localtime(at), "j M Y, H:i:s T")
    return here if here.endswith("UTC") else f"{here} ({at.astimezone(UTC):{_IN_LOGS}})"
