"""What screens and commands do with plugin tokens beyond the API's calls."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apikeys.access.names import MalformedName, normal_name
from apikeys.audit.models import AuditEntry
from apikeys.caching.models import CacheVersion
from apikeys.changes.actors import Actor
from apikeys.changes.errors import (
    ChangedMeanwhile,
    InvalidFields,
    NonceUsed,
    PrivilegeEscalation,
)
from apikeys.changes.models import UsedNonce
from apikeys.choices import ActorKind, AuditAction, CacheName
from apikeys.organization.roles import (
    CHANGE_TOKENS,
    PLUGIN_TOKEN_PERMISSIONS,
    VIEW_TOKENS,
)
from apikeys.plugin_tokens import services
from apikeys.plugin_tokens.cache import plugin_token_cache
from apikeys.plugin_tokens.models import PluginToken, Scope
from tests.plugin_tokens import UNKNOWN_ID, change, known, make_location, make_token

pytestmark = pytest.mark.django_db

OLD_KEY = "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0="
NEW_KEY = "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0="
UNKNOWN_LOCATION = 10**9
FULL = Actor(ActorKind.PERSON, "Ada", None, PLUGIN_TOKEN_PERMISSIONS)
READER = Actor(ActorKind.PERSON, "Bob", None, frozenset({VIEW_TOKENS, CHANGE_TOKENS}))


def _last_entry():
    return AuditEntry.objects.latest("pk")


def test_revealed_value_is_audited_and_not_in_the_entry():
    token, value = make_token()

    assert services.reveal_value(token.public_id, **change(FULL)) == value

    entry = _last_entry()
    assert (entry.action, entry.actor) == (AuditAction.PLUGIN_TOKEN_SHOWN, "Ada")
    assert (entry.subject_id, entry.subject_name) == (str(token.public_id), "tenant")
    assert entry.changes == {}


def test_value_that_no_key_opens_is_refused_by_name(settings):
    token, _ = make_token("lost")
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY]

    with pytest.raises(services.UnreadableToken, match="“lost”"):
        services.reveal_value(token.public_id, **change())

    assert _last_entry().action == AuditAction.PLUGIN_TOKEN_CREATED


def test_replaced_value_finds_the_token_and_the_old_one_nothing():
    token, value = make_token()

    issued = services.replace_value(token.public_id, **change())

    assert plugin_token_cache.find(value) is None
    assert known(issued.value).public_id == token.public_id
    assert issued.value not in repr(issued)
    entry = _last_entry()
    assert entry.action == AuditAction.PLUGIN_TOKEN_REPLACED
    assert entry.changes == {"value": ["set", "set anew"]}


def test_form_sent_twice_replaces_the_value_once():
    token, _ = make_token()
    services.replace_value(token.public_id, nonce="once", **change())
    digest = PluginToken.objects.get().digest

    with pytest.raises(NonceUsed):
        services.replace_value(token.public_id, nonce="once", **change())

    assert PluginToken.objects.get().digest == digest
    assert UsedNonce.objects.get().subject_id == str(token.public_id)


def test_create_form_refuses_a_taken_name_and_leaves_the_token():
    token, value = make_token("acme")

    with pytest.raises(InvalidFields) as error:
        services.issue_plugin_token(
            name="acme", domains=["b.com"], may_replace=False, **change()
        )

    assert error.value.errors == {"name": "A plugin token has this name already."}
    assert PluginToken.objects.get().domains == ["example.com"]
    assert known(value).pk == token.pk


def test_edited_list_of_domains_is_set_whole():
    token, _ = make_token(domains="a.com,b.com")

    changed = services.update_plugin_token(
        token.public_id, domains=["c.com", "b.com"], expected_version=0, **change()
    )

    assert changed.domains == ["c.com", "b.com"]
    assert _last_entry().changes == {
        "domains_added": [None, ["c.com"]],
        "domains_removed": [["a.com"], None],
    }


def test_name_that_somebody_takes_at_the_same_moment_is_refused():
    token, _ = make_token(name="mine")

    def take_it_first(execute, sql, params, many, context):
        if sql.startswith('UPDATE "apikeys_plugintoken"') and len(taken) == 0:
            taken.append(make_token(name="wanted"))
        return execute(sql, params, many, context)

    taken = []
    with connection.execute_wrapper(take_it_first), pytest.raises(InvalidFields) as no:
        services.update_plugin_token(
            token.public_id, domains=["a.com"], name="wanted", **change()
        )

    assert no.value.errors == {"name": "A plugin token has this name already."}
    token.refresh_from_db()
    assert token.name == "mine"


def test_edited_list_of_another_version_is_refused():
    token, _ = make_token()
    services.add_domains(token.public_id, domains=["b.com"], **change())

    with pytest.raises(ChangedMeanwhile):
        services.update_plugin_token(
            token.public_id, domains=["c.com"], expected_version=0, **change()
        )

    assert PluginToken.objects.get().domains == ["example.com", "b.com"]


def test_empty_list_of_domains_is_refused():
    token, _ = make_token()

    with pytest.raises(InvalidFields, match="delete the token instead"):
        services.update_plugin_token(token.public_id, domains=[], **change())


def test_mark_is_set_and_taken_away_with_an_entry_each():
    token, _ = make_token()

    for to in (True, False):
        services.set_may_manage_tokens(token.public_id, to=to, **change(FULL))
        assert PluginToken.objects.get().may_manage_tokens is to
        assert _last_entry().changes == {"may_manage_tokens": [not to, to]}
    entries = AuditEntry.objects.count()
    services.set_may_manage_tokens(token.public_id, to=False, **change(FULL))
    assert AuditEntry.objects.count() == entries


def test_who_lacks_a_right_cannot_come_by_a_token_that_has_it():
    plain, _ = make_token("plain")
    marked, _ = make_token("marked", marked=True)

    with pytest.raises(PrivilegeEscalation):
        services.set_may_manage_tokens(plain.public_id, to=True, **change(READER))
    with pytest.raises(PrivilegeEscalation):
        services.reveal_value(marked.public_id, **change(READER))
    with pytest.raises(PrivilegeEscalation):
        services.replace_value(marked.public_id, **change(READER))

    assert not PluginToken.objects.get(name="plain").may_manage_tokens
    assert PluginToken.objects.get(name="marked").digest == marked.digest
    services.set_may_manage_tokens(marked.public_id, to=False, **change(READER))
    services.reveal_value(marked.public_id, **change(READER))


@pytest.mark.parametrize(
    "call",
    [
        services.reveal_value,
        services.replace_value,
        lambda **values: services.add_domains(domains=["b.com"], **values),
        lambda **values: services.remove_domains(domains=["b.com"], **values),
        lambda **values: services.update_plugin_token(domains=["b.com"], **values),
        lambda **values: services.set_may_manage_tokens(to=True, **values),
        services.delete_plugin_token,
    ],
)
def test_token_outside_the_scope_is_unknown(call):
    token, _ = make_token(location=make_location())
    before = PluginToken.objects.values().get()

    for token_id, scope in [
        (token.public_id, Scope()),
        (token.public_id, Scope(UNKNOWN_LOCATION)),
        (UNKNOWN_ID, Scope(everywhere=True)),
    ]:
        with pytest.raises(services.UnknownPluginToken):
            call(token_id=token_id, scope=scope, **change())

    assert PluginToken.objects.values().get() == before


@pytest.mark.parametrize(
    "make_change",
    [
        lambda token: services.issue_plugin_token(
            name="new", domains=["b.com"], **change()
        ),
        lambda token: services.issue_plugin_token(
            name=token.name, domains=["b.com"], **change()
        ),
        lambda token: services.replace_value(token.public_id, **change()),
        lambda token: services.add_domains(
            token.public_id, domains=["b.com"], **change()
        ),
        lambda token: services.remove_domains(
            token.public_id, domains=["a.com"], **change()
        ),
        lambda token: services.set_may_manage_tokens(
            token.public_id, to=True, **change()
        ),
        lambda token: services.delete_plugin_token(token.public_id, **change()),
    ],
)
def test_change_moves_the_tokens_version_and_not_the_keys(make_change):
    token, _ = make_token(domains="a.com,z.com")
    tokens = CacheVersion.objects.current(CacheName.PLUGIN_TOKENS)
    keys = CacheVersion.objects.current(CacheName.KEYS)

    make_change(token)

    assert CacheVersion.objects.current(CacheName.PLUGIN_TOKENS) == tokens + 1
    assert CacheVersion.objects.current(CacheName.KEYS) == keys


def test_change_does_not_write_back_an_older_last_use():
    token, _ = make_token()
    used_at = timezone.now()

    def use(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and "apikeys_plugintoken" in sql:
            assert "last_used_at" not in sql
        return execute(sql, params, many, context)

    with connection.execute_wrapper(use):
        services.add_domains(token.public_id, domains=["b.com"], **change())
    PluginToken.objects.update(last_used_at=used_at)
    assert PluginToken.objects.get().last_used_at == used_at


def test_name_whose_token_vanishes_between_two_statements_is_made_anew():
    make_token("acme")
    vanished: list[Any] = []

    def vanish(execute, sql, params, many, context):
        if not vanished and sql.startswith("SELECT") and "plugintoken" in sql:
            vanished.append(PluginToken.objects.all()._raw_delete("default"))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(vanish):
        issued = services.issue_plugin_token(name="acme", domains=["b.com"], **change())

    assert not issued.replaced
    assert PluginToken.objects.get().domains == ["b.com"]


@pytest.mark.parametrize("text", ["", " ", "x" * 256, "a\nb", "a\x00", "\ud800"])
def test_names_that_are_refused(text):
    with pytest.raises(MalformedName):
        normal_name(text, 255)


def test_name_loses_the_spaces_around_it():
    assert normal_name("  Käse & Brot 🧀 ", 255) == "Käse & Brot 🧀"


def test_row_names_itself():
    token, _ = make_token("acme")

    assert str(token) == "acme"
