"""What a process remembers of plugin tokens."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from apikeys.access import tokens
from apikeys.caching.models import CacheVersion
from apikeys.caching.reader import StateUnknown
from apikeys.changes.actors import OPERATOR
from apikeys.choices import CacheName
from apikeys.plugin_tokens.cache import plugin_token_cache
from apikeys.plugin_tokens.last_use import plugin_token_last_use
from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.services import remove_domains
from tests.plugin_tokens import known, make_token

pytestmark = pytest.mark.django_db


def test_known_token_is_read_once_while_the_version_stands(
    settings, django_assert_num_queries
):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 60
    _, value = make_token()

    with django_assert_num_queries(2):  # version, row
        first = plugin_token_cache.find(value)
        assert plugin_token_cache.find(value) is first


def test_moved_epoch_reads_the_row_again(django_assert_num_queries):
    _, value = make_token()
    plugin_token_cache.find(value)
    CacheVersion.objects.move(CacheName.PLUGIN_TOKENS)

    with django_assert_num_queries(2):
        plugin_token_cache.find(value)


def test_keys_epoch_leaves_tokens_fresh(django_assert_num_queries):
    _, value = make_token()
    plugin_token_cache.find(value)
    CacheVersion.objects.move(CacheName.KEYS)

    with django_assert_num_queries(1):
        plugin_token_cache.find(value)


def test_other_process_is_believed_after_the_allowed_staleness(settings, clock):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 0.25
    _token, value = make_token(domains="a.com,b.com")
    assert len(known(value).domains) == 2
    # As another process does it: no commit here tells this one.
    PluginToken.objects.update(domains=["a.com"])
    CacheVersion.objects.move(CacheName.PLUGIN_TOKENS)

    clock.advance(0.2)
    assert len(known(value).domains) == 2
    clock.advance(0.1)
    assert len(known(value).domains) == 1


@pytest.mark.django_db(transaction=True)
def test_own_commit_is_seen_at_once(settings):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 60
    token, value = make_token(domains="a.com,b.com")
    assert len(known(value).domains) == 2

    remove_domains(
        token.public_id, domains=["b.com"], actor=OPERATOR, at=timezone.now()
    )

    assert len(known(value).domains) == 1


def test_least_recently_used_tokens_are_forgotten(settings):
    settings.KEY_CACHE_SIZE = 2
    values = [make_token(name)[1] for name in "abc"]

    for value in values:
        plugin_token_cache.find(value)

    assert len(plugin_token_cache) == 2


def test_unknown_tokens_are_not_remembered():
    unknown = tokens.generate(tokens.PLUGIN_TOKEN_PREFIX).text

    assert plugin_token_cache.find(unknown) is None
    assert len(plugin_token_cache) == 0


def test_text_that_is_no_token_asks_no_database(django_assert_num_queries):
    key = tokens.generate().text
    mistyped = tokens.generate(tokens.PLUGIN_TOKEN_PREFIX).text[:-1] + "!"

    with django_assert_num_queries(0):
        for text in ("", "x", key, mistyped, "kp_" + "0" * 400, "kp_ü"):
            assert plugin_token_cache.find(text) is None


def test_without_a_pepper_nothing_is_found(settings):
    _, value = make_token()
    settings.API_KEY_PEPPERS = {}

    assert plugin_token_cache.find(value) is None


def test_outage_serves_what_is_known_for_a_while_and_then_nothing(settings, clock):
    settings.KEY_CACHE_OUTAGE_SECONDS = 30
    _, value = make_token()
    _, other = make_token("other")
    plugin_token_cache.find(value)

    with connection.execute_wrapper(_fail):
        assert plugin_token_cache.find(value) is not None
        with pytest.raises(StateUnknown):
            plugin_token_cache.find(other)
        clock.advance(31)
        with pytest.raises(StateUnknown):
            plugin_token_cache.find(value)

    clock.advance(2)
    assert plugin_token_cache.find(value) is not None


def test_row_that_cannot_be_read_is_an_outage():
    _, value = make_token()

    def fail_rows(execute, sql, params, many, context):
        if "plugintoken" in sql:
            raise OperationalError("gone")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail_rows), pytest.raises(StateUnknown):
        plugin_token_cache.find(value)


def test_last_use_is_written_without_an_address_and_never_backwards():
    _token, value = make_token()
    at = timezone.now()

    plugin_token_last_use.record_use(known(value), None, at)
    plugin_token_last_use.record_use(known(value), None, at.replace(year=2001))
    plugin_token_last_use.flush()

    assert PluginToken.objects.get().last_used_at == at


def _fail(*arguments):
    raise OperationalError("gone")
