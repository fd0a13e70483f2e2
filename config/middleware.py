"""What every page has in common: compressed where that is safe, times in a person's zone."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone

ZONE_COOKIE = "timezone"


class PageCompressionMiddleware(GZipMiddleware):
    """Compress pages that were asked for by GET, and nothing else.

    The length of a compressed answer tells a little of what is in it, and beside text of
    a stranger's choice it can tell a secret letter by letter (BREACH). A token is in the
    answer to a POST alone, Django masks the CSRF token anew for each page and makes each
    length a little random; answers of the API may hold both and stay as they are.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        is_page = response.get("Content-Type", "").startswith("text/html")
        if request.method != "GET" or not is_page:
            return response
        return super().process_response(request, response)


class TimeZoneMiddleware:
    """Activate the IANA zone that the browser told in the `timezone` cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = _zone(request.COOKIES.get(ZONE_COOKIE, ""))
        if zone is None:
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
