"""The server's entrance: pages, API and `/gate`, each call with its body read first."""

from __future__ import annotations

from django.conf import settings

from config.front import Bounds, Front
from config.wsgi import application as wsgi_application

application = Front(
    wsgi_application,
    Bounds(
        threads=settings.CALL_THREADS,
        body_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        body_seconds=settings.BODY_SECONDS,
    ),
)
