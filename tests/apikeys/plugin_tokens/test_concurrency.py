"""Many at once, on a database that lets them be."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.choices import AuditAction
from apikeys.plugin_tokens.cache import PluginTokenCache
from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.services import add_domains, delete_plugin_token
from tests.concurrency import at_once
from tests.plugin_tokens import (
    JSON,
    bearer,
    change,
    make_full_key,
    make_location,
    make_token,
)

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_twenty_who_add_domains_at_once_lose_none():
    key = make_full_key()
    token, _ = make_token(domains="example.com")
    path = f"/api/api-tokens/{token.public_id}/add-domains"

    def add(number):
        body = {"domains": f"tenant{number}.com"}
        return lambda: Client().post(path, body, JSON, **bearer(key)).status_code

    statuses = at_once(*(add(number) for number in range(20)))

    assert statuses == [200] * 20
    stored = PluginToken.objects.get()
    assert set(stored.domains) == {
        "example.com",
        *(f"tenant{number}.com" for number in range(20)),
    }
    assert stored.version == 20
    changed = AuditEntry.objects.filter(action=AuditAction.PLUGIN_TOKEN_CHANGED)
    assert changed.count() == 20


@pytest.mark.parametrize("has_location", [True, False])
def test_posts_of_one_name_at_once_make_one_row(has_location):
    key = make_full_key(make_location() if has_location else None)

    def post(number):
        body = {"name": "acme", "domains": f"tenant{number}.com"}
        return lambda: Client().post("/api/api-tokens", body, JSON, **bearer(key))

    responses = at_once(*(post(number) for number in range(8)))

    assert [response.status_code for response in responses] == [200] * 8
    bodies = [response.json() for response in responses]
    token = PluginToken.objects.get()
    assert {body["data"]["id"] for body in bodies} == {str(token.public_id)}
    assert sum("replaced" not in body for body in bodies) == 1
    assert token.value() in {body["data"]["token"] for body in bodies}


def test_domain_cannot_be_added_to_a_token_that_is_being_deleted():
    token, _ = make_token()

    def add():
        return add_domains(token.public_id, domains=["b.com"], **change())

    def delete():
        delete_plugin_token(token.public_id, **change())

    _added, deleted = at_once(add, delete)

    assert deleted is None
    assert not PluginToken.objects.exists()
    assert AuditEntry.objects.latest("pk").action == AuditAction.PLUGIN_TOKEN_DELETED


def test_removed_domain_is_refused_in_another_process_within_half_a_second(settings):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 0.25
    token, value = make_token(domains="a.com,b.com")
    other_process = PluginTokenCache()

    def hosts_elsewhere():
        known = other_process.find(value)
        return [domain.host for domain in known.domains] if known else []

    assert hosts_elsewhere() == ["a.com", "b.com"]

    key = make_full_key()
    Client().post(
        f"/api/api-tokens/{token.public_id}/delete-domains",
        {"domains": "a.com"},
        JSON,
        **bearer(key),
    )
    changed_at = timezone.now()
    while "a.com" in hosts_elsewhere():
        assert (timezone.now() - changed_at).total_seconds() < 0.5

    assert hosts_elsewhere() == ["b.com"]
