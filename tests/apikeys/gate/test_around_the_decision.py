from __future__ import annotations

import json
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from apikeys.keys.models import KeySecret
from apikeys.keys.values import KeySettings
from tests.apikeys.gate.asking import (
    CALLER,
    assert_allowed,
    assert_refused,
    bearer,
    from_elsewhere,
    wrong_secret,
)
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db


def test_lost_database_is_a_503(ask, issued):
    def fail(execute, sql, params, many, context):
        raise OperationalError

    with connection.execute_wrapper(fail):
        answer = ask(**bearer(issued))

    assert_refused(answer, 503, "state_unknown")
    assert answer.headers["Retry-After"] == "1"


def test_allowed_call_is_a_use_from_the_callers_address(ask, issued):
    ask(**bearer(issued))

    secret = KeySecret.objects.get()
    assert secret.last_used_at is not None
    assert secret.last_used_address == CALLER


def test_cached_key_costs_no_query(ask, issued, settings, django_assert_num_queries):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 60
    ask(**bearer(issued))

    with django_assert_num_queries(0):
        assert_allowed(ask(**bearer(issued)), issued)


def test_call_that_passed_is_refused_from_the_instant_of_expiry(ask, monkeypatch):
    issued = IssuedFactory(
        expires_at=timezone.now() + timedelta(days=1), fields=KeySettings("Billing")
    )
    assert_allowed(ask(**bearer(issued)), issued)

    clock = Mock(now=lambda zone: issued.key.expires_at)
    monkeypatch.setattr("apikeys.gate.datetime", clock)

    assert_refused(ask(**bearer(issued)), 401, "key_expired")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", [bearer, wrong_secret, from_elsewhere])
def test_connection_is_given_back(attempt, ask, issued):
    ask(**attempt(issued))

    assert connection.connection is None


@pytest.mark.django_db(transaction=True)
def test_connection_is_given_back_after_a_bug(ask, issued, settings):
    settings.GATE_HEADERS = "nonsense"
    KeySecret.objects.count()

    with pytest.raises(KeyError):
        ask(**bearer(issued))

    assert connection.connection is None


@pytest.mark.parametrize("path", ["/gates", "/gate.html", "/x/gate", "/"])
def test_other_paths_go_on_to_django(path, ask, issued):
    answer = ask(**bearer(issued), PATH_INFO=path)

    assert answer.status in (302, 404)
    assert "X-Api-Key-Id" not in answer.headers


@pytest.mark.django_db(transaction=True)
def test_plain_request_goes_on_to_django(ask, issued):
    answer = ask(**bearer(issued), PATH_INFO="/api/whoami", HTTP_HOST="localhost")

    assert (answer.status, json.loads(answer.body)["id"]) == (200, issued.key.key_id)
