from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import serializers
from django.test import Client

from apikeys.audit.models import AuditEntry
from apikeys.caching.models import CacheVersion
from apikeys.changes.models import UsedNonce
from apikeys.keys.models import ApiKey, KeyRole, KeySecret
from tests.factories import IssuedFactory, PersonFactory
from tests.plugin_tokens import JSON, bearer, make_full_key

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


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


@pytest.fixture
def administrator(db):
    return PersonFactory(username="ada", roles=["Administrator"])


@pytest.fixture
def reader(db):
    return PersonFactory(username="rae", roles=["Account Reader"])


@pytest.fixture
def as_administrator(administrator) -> Client:
    return _signed_in(administrator)


@pytest.fixture
def as_reader(reader) -> Client:
    return _signed_in(reader)


@pytest.fixture
def as_outsider(db) -> Client:
    return _signed_in(PersonFactory(username="olaf"))


@pytest.fixture
def as_superuser(db) -> Client:
    return _signed_in(PersonFactory(username="root", is_superuser=True))


@pytest.fixture
def as_non_staff(db) -> Client:
    """A person with every right of an administrator, but not on these screens."""
    return _signed_in(
        PersonFactory(username="nina", is_staff=False, roles=["Administrator"])
    )


@pytest.fixture
def anonymous(db) -> Client:
    return Client()


@pytest.fixture
def key(db):
    """An active v1 key for one network and one pattern."""
    issued = IssuedFactory(
        fields__name="Billing",
        fields__networks=("10.0.0.0/8",),
        fields__endpoints=("/api/egress/*",),
    )
    return issued.key


def _signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def at() -> datetime:
    return AT


class Rows:
    """All that services write, to see that a refusal changed nothing."""

    def __call__(self) -> str:
        models: tuple[Any, ...] = (
            *(ApiKey, KeyRole, KeySecret, UsedNonce, AuditEntry, CacheVersion, Group),
        )
        rows = [row for model in models for row in model.objects.order_by("pk")]
        return str(serializers.serialize("json", rows))


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def last_entry() -> Callable[[], dict[str, Any]]:
    """Return the newest audit entry as values, without its number."""

    def read() -> dict[str, Any]:
        values: dict[str, Any] = dict(AuditEntry.objects.order_by("-pk").values()[0])
        del values["id"]
        return values

    return read
