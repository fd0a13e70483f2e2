"""Pages that say "not now": too many tries, or too many passwords to check at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from apikeys.counting.tries import TooManyTries
from apikeys.passwords import TooManyHashes

_MINUTE = 60


class BusyMiddleware:
    """Answers what a page raised because of a bound, before or in place of its work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponse | None:
        if isinstance(error, TooManyTries):
            seconds = error.wait_seconds
            minutes = math.ceil(seconds / _MINUTE)
            status = HTTPStatus.TOO_MANY_REQUESTS
            return _page(request, "429.html", status, seconds, minutes=minutes)
        if isinstance(error, TooManyHashes):
            return _page(request, "503.html", HTTPStatus.SERVICE_UNAVAILABLE, 1)
        return None


def _page(
    request: HttpRequest, template: str, status: HTTPStatus, seconds: int, **told: int
) -> HttpResponse:
    response = render(request, template, told, status=status)
    response["Retry-After"] = str(seconds)
    add_never_cache_headers(response)
    return response
