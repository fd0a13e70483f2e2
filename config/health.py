"""Whether the process lives, and whether it can serve: for load balancers."""

from __future__ import annotations

from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apikeys.caching.reader import StateUnknown, database_reader


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return _answer(200, "ok")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    try:
        # As a call reads its key: nobody waits for a database that is known to be lost.
        applied = database_reader.read(_applied_migrations)
    except StateUnknown:
        return _answer(503, "the database does not answer")
    if not _last_migrations() <= applied:
        return _answer(503, "migrations are not applied")
    return _answer(200, "ok")


def _applied_migrations() -> set[tuple[str, str]]:
    return set(MigrationRecorder(connection).applied_migrations())


@cache
def _last_migrations() -> frozenset[tuple[str, str]]:
    # They cannot change while the process runs, and reading them is slow.
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain")
