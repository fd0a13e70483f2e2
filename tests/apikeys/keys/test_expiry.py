from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apikeys.keys.expiry import MalformedExpiry, read_expiry
from apikeys.keys.models import ApiKey
from tests.apikeys.pages.screens import ADD, errors_beside_fields, issue_form


@pytest.mark.parametrize(
    ("zone", "text", "expected"),
    [
        ("UTC", "2026-12-31", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("Europe/Berlin", "2026-12-31", datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)),
        # Days of 23 and of 25 hours.
        ("Europe/Berlin", "2027-03-28", datetime(2027, 3, 28, 21, 59, 59, tzinfo=UTC)),
        ("Europe/Berlin", "2027-10-31", datetime(2027, 10, 31, 22, 59, 59, tzinfo=UTC)),
        # The next day begins at one, since midnight is skipped.
        (
            "America/Sao_Paulo",
            "2018-11-03",
            datetime(2018, 11, 4, 2, 59, 59, tzinfo=UTC),
        ),
        # The next day has its first hour twice.
        ("America/Havana", "2018-11-03", datetime(2018, 11, 4, 3, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_date_ends_with_its_day(zone, text, expected):
    with timezone.override(ZoneInfo(zone)):
        assert read_expiry(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-03-28T01:59", datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        ("2027-03-28 03:00", datetime(2027, 3, 28, 1, tzinfo=UTC)),
        ("2027-10-31T01:59:59", datetime(2027, 10, 30, 23, 59, 59, tzinfo=UTC)),
        ("2027-10-31T03:00", datetime(2027, 10, 31, 2, tzinfo=UTC)),
        ("2027-10-31T02:30+01:00", datetime(2027, 10, 31, 1, 30, tzinfo=UTC)),
        ("2027-03-28T02:30Z", datetime(2027, 3, 28, 2, 30, tzinfo=UTC)),
    ],
)
def test_a_time_that_happens_once_is_read(text, expected):
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert read_expiry(text) == expected


@pytest.mark.parametrize(
    ("zone", "text", "answer"),
    [
        (
            "Europe/Berlin",
            "2027-03-28T02:30",
            "2027-03-28T02:30:00 does not exist in Europe/Berlin. Write"
            " 2027-03-28T01:30:00+01:00 or 2027-03-28T03:30:00+02:00.",
        ),
        (
            "Europe/Berlin",
            "2027-10-31T02:30",
            "2027-10-31T02:30:00 happens twice in Europe/Berlin. Write"
            " 2027-10-31T02:30:00+02:00 or 2027-10-31T02:30:00+01:00.",
        ),
        (
            "Australia/Lord_Howe",
            "2027-10-03 02:15:07",
            "2027-10-03T02:15:07 does not exist in Australia/Lord_Howe. Write"
            " 2027-10-03T01:45:07+10:30 or 2027-10-03T02:45:07+11:00.",
        ),
    ],
)
def test_a_time_that_does_not_exist_or_happens_twice_is_refused(zone, text, answer):
    with (
        timezone.override(ZoneInfo(zone)),
        pytest.raises(MalformedExpiry) as refusal,
    ):
        read_expiry(text)

    assert str(refusal.value) == answer


@pytest.mark.parametrize("text", ["", "tomorrow", "12", "2026-12", "31.12.2026"])
def test_what_is_neither_date_nor_time_is_none(text):
    assert read_expiry(text) is None


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "0001-01-01T00:00"])
def test_what_no_calendar_has_is_refused(text):
    with (
        timezone.override(ZoneInfo("Europe/Berlin")),
        pytest.raises(MalformedExpiry, match=text),
    ):
        read_expiry(text)


def test_the_last_day_of_the_calendar_is_an_instant():
    assert read_expiry("9999-12-31") == datetime.max.replace(tzinfo=UTC)


@pytest.mark.django_db
def test_the_page_reads_a_date_as_commands_do(admin_client):
    form = issue_form(expires="date", expires_at="2031-05-06")

    admin_client.post(ADD, form)

    expires_at = datetime(2031, 5, 6, 23, 59, 59, tzinfo=UTC)
    assert ApiKey.objects.get().expires_at == expires_at


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("2027-10-31T02:30", "happens twice in Europe/Berlin"),
        ("2027-03-28T02:30", "does not exist in Europe/Berlin"),
        ("2027-02-30T02:30", "2027-02-30T02:30: day"),
    ],
)
def test_the_page_refuses_a_time_as_commands_do(text, answer, admin_client, settings):
    settings.TIME_ZONE = "Europe/Berlin"

    answered = admin_client.post(ADD, issue_form(expires="date", expires_at=text))

    assert answer in " ".join(errors_beside_fields(answered)["expires_at"])
    assert ApiKey.objects.count() == 0
