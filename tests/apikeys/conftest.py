from __future__ import annotations

import time

import pytest
from django.apps import apps

from apikeys.endpoint_permissions import _table, permission_for
from tests.plugin_tokens import JSON, bearer, make_full_key


class Clock:
    """Stands in for `time.monotonic`, which moves only when it is told to."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


@pytest.fixture
def endpoint_permissions(monkeypatch):
    """Contribute rows to the table, as an app does."""

    def forget():
        _table.cache_clear()
        permission_for.cache_clear()

    def contribute(*rows):
        config = apps.get_app_config("webservice_users")
        monkeypatch.setattr(config, "endpoint_permissions", rows, raising=False)
        forget()

    yield contribute
    forget()


@pytest.fixture
def full_key(db) -> str:
    """A key that may do everything with plugin tokens, of the agency."""
    return make_full_key()


@pytest.fixture
def api(client, full_key):
    """Return a call with that key: method, path, JSON body -> response."""

    def call(method, path, body=None, **extra):
        arguments = {} if body is None else {"data": body, "content_type": JSON}
        send = getattr(client, method.lower())
        return send(path, **arguments, **{**bearer(full_key), **extra})

    return call
