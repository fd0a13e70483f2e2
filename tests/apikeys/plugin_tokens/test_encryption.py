"""Values at rest: encrypted, moved to a new key and pepper, checked at the start."""

from __future__ import annotations

import pytest
from django.core import checks as django_checks
from django.db import OperationalError, connection

from apikeys import checks, encryption
from apikeys.audit.models import AuditEntry
from apikeys.choices import AuditAction
from apikeys.plugin_tokens.cache import plugin_token_cache
from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.reencryption import reencrypt_plugin_tokens
from tests.plugin_tokens import change, known, make_token

pytestmark = pytest.mark.django_db

OLD_KEY = "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0="
NEW_KEY = "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0="


def test_stored_value_is_not_the_value():
    _token, value = make_token()

    stored = PluginToken.objects.values().get()
    assert value not in str(stored)
    assert value.rpartition("_")[2] not in str(stored)
    assert encryption.decrypt(stored["encrypted"]) == value


def test_newest_key_and_pepper_take_over(settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD_KEY]
    settings.API_KEY_PEPPERS = {1: "old-pepper-" * 5}
    token, value = make_token("old")
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, OLD_KEY]
    settings.API_KEY_PEPPERS = {1: "old-pepper-" * 5, 2: "new-pepper-" * 5}
    make_token("new")
    assert known(value).pk == token.pk

    result = reencrypt_plugin_tokens(**change())

    assert (result.moved, result.current, result.unreadable) == (1, 1, ())
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY]
    settings.API_KEY_PEPPERS = {2: "new-pepper-" * 5}
    plugin_token_cache.clear()
    assert known(value).pk == token.pk
    assert PluginToken.objects.get(name="old").value() == value
    assert AuditEntry.objects.latest("pk").action == (
        AuditAction.PLUGIN_TOKENS_REENCRYPTED
    )


def test_run_with_nothing_to_do_leaves_no_entry():
    make_token()
    before = AuditEntry.objects.count()

    result = reencrypt_plugin_tokens(**change())

    assert (result.moved, result.current) == (0, 1)
    assert AuditEntry.objects.count() == before


def test_row_that_no_key_opens_is_named_and_kept(settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD_KEY]
    make_token("lost")
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY]
    make_token("found")
    before = PluginToken.objects.get(name="lost").encrypted

    result = reencrypt_plugin_tokens(**change())

    assert (result.moved, result.current, result.unreadable) == (0, 1, ("lost",))
    assert PluginToken.objects.get(name="lost").encrypted == before


def test_every_batch_is_moved(settings, monkeypatch):
    monkeypatch.setattr("apikeys.plugin_tokens.reencryption._BATCH", 2)
    settings.FIELD_ENCRYPTION_KEYS = [OLD_KEY]
    for number in range(5):
        make_token(f"token {number}")
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, OLD_KEY]

    assert reencrypt_plugin_tokens(**change()).moved == 5


def test_nothing_is_encrypted_without_a_key(settings):
    settings.FIELD_ENCRYPTION_KEYS = []

    with pytest.raises(encryption.CannotDecrypt):
        encryption.encrypt("x")


def test_start_is_refused_without_encryption_keys(settings):
    settings.FIELD_ENCRYPTION_KEYS = []

    assert [problem.id for problem in checks.check_encryption_keys()] == [
        "apikeys.E006"
    ]


@pytest.mark.parametrize("wrong", ["short", "x" * 44, "é" * 44, OLD_KEY[:-2]])
def test_start_is_refused_with_a_wrong_encryption_key_and_does_not_show_it(
    settings, wrong
):
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, wrong]

    (problem,) = checks.check_encryption_keys()

    assert problem.id == "apikeys.E007"
    assert "Key 2" in problem.msg
    assert wrong not in f"{problem.msg}{problem.hint}"


def test_good_encryption_keys_are_no_problem(settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, OLD_KEY]

    assert checks.check_encryption_keys() == []


def test_tokens_whose_pepper_is_gone_are_counted(settings):
    make_token()
    assert checks.check_plugin_tokens_have_their_pepper(databases=["default"]) == []
    settings.API_KEY_PEPPERS = {7: "another-pepper-" * 4}

    (problem,) = checks.check_plugin_tokens_have_their_pepper(databases=["default"])

    assert (problem.id, problem.level) == ("apikeys.W002", django_checks.WARNING)
    assert problem.msg.startswith("1 plugin tokens")
    assert checks.check_plugin_tokens_have_their_pepper() == []


def test_database_that_is_away_is_no_problem_of_the_check():
    def fail(*arguments):
        raise OperationalError

    with connection.execute_wrapper(fail):
        problems = checks.check_plugin_tokens_have_their_pepper(databases=["default"])

    assert problems == []
