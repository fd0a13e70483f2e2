from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from config.middleware import TimeZoneMiddleware


def _zone_of_view(rf, cookies) -> str:
    request = rf.get("/")
    request.COOKIES.update(cookies)

    def view(request):
        return HttpResponse(timezone.get_current_timezone_name())

    return TimeZoneMiddleware(view)(request).content.decode()


@pytest.mark.parametrize(
    ("cookies", "expected"),
    [
        pytest.param({}, "UTC", id="no-cookie"),
        pytest.param({"timezone": ""}, "UTC", id="empty"),
        pytest.param({"timezone": "Europe/Berlin"}, "Europe/Berlin", id="zone"),
        pytest.param({"timezone": "Europe/Nowhere"}, "UTC", id="unknown"),
        pytest.param({"timezone": "../../etc/passwd"}, "UTC", id="parent-folders"),
        pytest.param({"timezone": "/etc/passwd"}, "UTC", id="absolute-path"),
        pytest.param({"timezone": "Europe"}, "UTC", id="folder"),
        pytest.param({"timezone": "."}, "UTC", id="dot"),
        pytest.param({"timezone": "zone.tab"}, "UTC", id="file-that-is-no-zone"),
        pytest.param({"timezone": "Europe/Berlin\0"}, "UTC", id="nul"),
        pytest.param({"timezone": "\udcff"}, "UTC", id="not-utf-8"),
        pytest.param({"timezone": "a" * 5_000}, "UTC", id="long"),
        pytest.param({"timezone": "a/" * 5_000}, "UTC", id="deep"),
    ],
)
def test_view_runs_in_the_zone_of_the_cookie(cookies, expected, rf):
    assert _zone_of_view(rf, cookies) == expected


def test_zone_ends_with_the_request(rf):
    _zone_of_view(rf, {"timezone": "Europe/Berlin"})

    assert timezone.get_current_timezone_name() == "UTC"


@given(st.text(max_size=40))
def test_any_cookie_is_survived(name):
    shown = _zone_of_view(RequestFactory(), {"timezone": name})

    assert shown == "UTC" or ZoneInfo(shown).key == name
