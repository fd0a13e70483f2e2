"""IDs that no key has: anybody can make them up, since the check of a token is no secret."""

from __future__ import annotations

import pytest

from apikeys.access import tokens
from apikeys.access.refusals import CREDENTIALS_INVALID
from apikeys.changes.actors import OPERATOR
from apikeys.keys.cache import key_cache
from apikeys.keys.services import delete_key
from apikeys.keys.verification import VerifiedKey, verify
from apikeys.plugin_tokens.cache import plugin_token_cache
from tests.conftest import _forget
from tests.factories import IssuedFactory
from tests.plugin_tokens import make_token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _version_stays_fresh(settings):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 60


def test_unknown_id_costs_its_query_once(at, django_assert_num_queries):
    unknown = tokens.generate().text

    with django_assert_num_queries(2):  # the version and the row
        assert verify(unknown, at) is CREDENTIALS_INVALID
    with django_assert_num_queries(0):
        assert verify(unknown, at) is CREDENTIALS_INVALID


def test_deleted_key_that_goes_on_calling_costs_no_look_up(
    at, settings, django_assert_num_queries
):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 0
    issued = IssuedFactory(at=at)
    verify(issued.token.text, at)
    delete_key(issued.key.key_id, actor=OPERATOR, at=at)
    verify(issued.token.text, at)

    with django_assert_num_queries(1):  # the version alone
        assert verify(issued.token.text, at) is CREDENTIALS_INVALID


def test_unknown_plugin_token_costs_its_query_once(db, django_assert_num_queries):
    unknown = tokens.generate(tokens.PLUGIN_TOKEN_PREFIX).text

    assert plugin_token_cache.find(unknown) is None
    with django_assert_num_queries(0):
        assert plugin_token_cache.find(unknown) is None


def test_key_that_is_made_after_its_id_was_asked_for_passes_at_once(
    at, monkeypatch, django_capture_on_commit_callbacks
):
    token = tokens.generate()
    verify(token.text, at)
    monkeypatch.setattr(tokens, "generate", lambda: token)

    with django_capture_on_commit_callbacks(execute=True):
        issued = IssuedFactory(at=at)

    assert issued.token.text == token.text
    verified = verify(token.text, at)
    assert isinstance(verified, VerifiedKey)
    assert verified.grant.key_id == token.public_id


def test_plugin_token_that_is_made_after_it_was_asked_for_passes_at_once(
    db, monkeypatch, django_capture_on_commit_callbacks
):
    token = tokens.generate(tokens.PLUGIN_TOKEN_PREFIX)
    plugin_token_cache.find(token.text)
    monkeypatch.setattr(tokens, "generate", lambda prefix: token)

    with django_capture_on_commit_callbacks(execute=True):
        _, value = make_token()

    assert value == token.text
    assert plugin_token_cache.find(value) is not None


def test_flood_of_unknown_ids_drives_no_key_out_and_takes_bounded_room(
    at, settings, django_assert_num_queries
):
    settings.KEY_CACHE_SIZE = 3
    issued = IssuedFactory(at=at)
    verify(issued.token.text, at)

    for _ in range(10):
        verify(tokens.generate().text, at)

    assert (len(key_cache), len(key_cache._absent)) == (1, 3)
    with django_assert_num_queries(0):
        verify(issued.token.text, at)


def test_new_process_remembers_no_unknown_id(at, django_assert_num_queries):
    unknown = tokens.generate().text
    verify(unknown, at)

    _forget()

    with django_assert_num_queries(2):
        verify(unknown, at)
