"""The product's routes and a stream without an end, as an export of many rows is."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path

from config import urls

logger = logging.getLogger(__name__)


def endless(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(_rows(), content_type="text/csv")


def _rows() -> Iterator[bytes]:
    count = 0
    try:
        while True:
            # On a connection of this thread, which another one may not use.
            connection.ensure_connection()
            count += 1
            yield b"x" * 10_000
    finally:
        logger.warning("A stream has ended after %s rows.", count)


urlpatterns = [path("endless", endless), *urls.urlpatterns]
