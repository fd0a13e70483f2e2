from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from apikeys.keys.cache import key_cache
from apikeys.keys.last_use import last_use
from apikeys.plugin_tokens.cache import plugin_token_cache
from apikeys.plugin_tokens.last_use import plugin_token_last_use

# The same examples in every run, and no complaint about a busy machine.
hypothesis_settings.register_profile(
    "suite",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("suite")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """End what a live server's last thread still holds before the database is dropped."""
    yield
    if connection.vendor != "postgresql":
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """Each test starts as a new process: a rolled back cache version repeats its numbers."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    key_cache.clear()
    plugin_token_cache.clear()
    last_use._pending.clear()
    plugin_token_last_use._pending.clear()
