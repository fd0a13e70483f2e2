from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import serializers

from apikeys.models import ApiKey, AuditEntry, Epoch, KeyRole, KeySecret, UsedNonce

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def at() -> datetime:
    return AT


class Rows:
    """All that services write, to see that a refusal changed nothing."""

    def __call__(self) -> str:
        models: tuple[Any, ...] = (
            *(ApiKey, KeyRole, KeySecret, UsedNonce, AuditEntry, Epoch, Group),
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
