"""The instant that a person means by the date or time at which a key ends; how near it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

# Whole days left up to which an expiry is shown as near, and as very near.
_NEAR = 30
_VERY_NEAR = 7


class MalformedExpiry(ValueError):
    """The text names no instant, or two of them; `str()` says why."""


def read_expiry(text: str) -> datetime | None:
    """Return the instant of an ISO date or time, None for what is neither.

    A date ends with its day. What has no offset is in the current time zone. Raises
    `MalformedExpiry` for a day or an hour that does not exist, or exists twice.
    """
    zone = timezone.get_current_timezone()
    try:
        on = parse_date(text)
        if on is not None:
            return _end_of_day(on, zone)
        at = parse_datetime(text)
        if at is None or timezone.is_aware(at):
            return at
        return _only_reading(at, zone)
    except MalformedExpiry:
        raise
    except (ValueError, OverflowError) as error:
        raise MalformedExpiry(f"{text}: {error}") from None


def level_of(left: timedelta) -> str:
    """Return how an expiry is shown so long before it, by whole days: bad, warn or ""."""
    if left.days <= _VERY_NEAR:
        return "bad"
    return "warn" if left.days <= _NEAR else ""


def _end_of_day(on: date, zone: tzinfo) -> datetime:
    """Return the day's last second, so that lists show the day that was written."""
    if on == date.max:
        return datetime.combine(on, time.max, UTC)
    # Where the clock is changed at midnight, the first reading is where the day begins.
    following = datetime.combine(on + timedelta(days=1), time(), zone)
    return (following.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone)


def _only_reading(at: datetime, zone: tzinfo) -> datetime:
    readings = sorted(
        {at.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    )
    if len(readings) == 1:
        return readings[0].astimezone(zone)
    local = [reading.astimezone(zone) for reading in readings]
    exists = local[0].replace(tzinfo=None, fold=0) == at
    text = (
        _("%(at)s happens twice in %(zone)s. Write %(first)s or %(second)s.")
        if exists
        else _("%(at)s does not exist in %(zone)s. Write %(first)s or %(second)s.")
    )
    raise MalformedExpiry(
        text
        % {
            "at": at.isoformat(),
            "zone": zone,
            "first": local[0].isoformat(),
            "second": local[1].isoformat(),
        }
    )
