"""Whether the process lives, and whether it can serve: for load balancers."""

from __future__ import annotations

import logging
from functools import cache

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return _answer(200, "ok")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    try:
        applied = set(MigrationRecorder(connection).applied_migrations())
    except (DatabaseError, InterfaceError) as error:
        # The class alone: a driver's message can hold the address and the user.
        logger.warning("Not ready: %s", type(error).__name__)
        return _answer(503, "the database does not answer")
    if not _last_migrations() <= applied:
        return _answer(503, "migrations are not applied")
    return _answer(200, "ok")


@cache
def _last_migrations() -> frozenset[tuple[str, str]]:
    # They cannot change while the process runs, and reading them is slow.
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain")
