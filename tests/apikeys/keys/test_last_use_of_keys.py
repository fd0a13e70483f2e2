"""The last use of a key outlives the secret that was used."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apikeys.caching.last_use import LastUse
from apikeys.changes.actors import OPERATOR
from apikeys.keys.cache import key_cache
from apikeys.keys.last_use import last_use
from apikeys.keys.models import ApiKey, KeySecret
from apikeys.keys.rotation import cancel_rotation, end_rotation, rotate_key
from apikeys.keys.services import delete_key
from tests.apikeys.pages import screens
from tests.factories import CALLER, IssuedFactory, later
from tests.plugin_tokens import bearer

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def issued(db):
    return IssuedFactory(fields__endpoints=())


def call(client, token):
    assert client.get("/api/whoami", **bearer(token.text)).status_code == 200


def rotated(issued):
    at = issued.key.created_at
    return rotate_key(issued.key.key_id, overlap=WEEK, actor=OPERATOR, at=at)


def end(key):
    end_rotation(key.key_id, actor=OPERATOR, at=key.created_at)


def cancel(key):
    cancel_rotation(key.key_id, actor=OPERATOR, at=key.created_at)


def delete(key):
    delete_key(key.key_id, actor=OPERATOR, at=key.created_at)


@pytest.mark.parametrize(
    ("used", "done"),
    [
        pytest.param("old", end, id="old-token-and-end-now"),
        pytest.param("new", cancel, id="new-token-and-cancel"),
        pytest.param("old", delete, id="old-token-and-delete"),
        pytest.param("new", delete, id="new-token-and-delete"),
    ],
)
def test_use_of_a_secret_that_goes_stays_with_the_key(used, done, issued, client):
    tokens = {"old": issued.token, "new": rotated(issued).token}
    call(client, tokens[used])

    done(issued.key)

    key = ApiKey.objects.get()
    assert not KeySecret.objects.exclude(last_used_at=None).exists()
    assert key.last_used_at is not None
    assert key.last_used_address == CALLER


def test_rotation_without_overlap_leaves_the_last_use(issued, client):
    call(client, issued.token)

    rotate_key(
        issued.key.key_id,
        overlap=timedelta(0),
        actor=OPERATOR,
        at=issued.key.created_at,
    )

    assert ApiKey.objects.get().last_used_at is not None


def test_use_that_was_collected_reaches_a_key_whose_secret_went_meanwhile(
    issued, client
):
    token = rotated(issued).token
    call(client, token)
    call(client, token)
    first = ApiKey.objects.get().last_used_at
    delete(issued.key)

    last_use.flush()

    last = ApiKey.objects.get().last_used_at
    assert first is not None
    assert last is not None
    assert last > first


@pytest.mark.parametrize("address", [screens.KEYS, f"{screens.KEYS}?status=deleted"])
def test_lists_do_not_say_never_of_a_key_that_was_used(
    address, issued, client, as_reader
):
    call(client, issued.token)
    if "deleted" in address:
        delete(issued.key)

    text = screens.text_of(as_reader.get(address))

    rows = text.partition("<tbody")[2]
    assert issued.key.name in rows
    assert "Never" not in rows


def test_page_and_command_speak_of_the_key_s_last_use(
    issued, client, as_reader, capsys
):
    call(client, issued.token)
    rotated(issued)
    end(issued.key)

    text = screens.text_of(as_reader.get(screens.page_of(issued.key)))
    call_command("list_api_keys", "--json")

    used_at = ApiKey.objects.get().last_used_at
    assert used_at is not None
    assert f"<code>{CALLER}</code>" in text
    assert json.loads(capsys.readouterr().out)[0]["last_used_at"] == (
        used_at.isoformat()
    )


def test_later_use_of_another_process_is_never_moved_back(issued, client):
    ApiKey.objects.update(last_used_at=later(issued.key.created_at, days=1))
    before = ApiKey.objects.values().get()

    call(client, issued.token)

    assert ApiKey.objects.values().get() == before


def test_newest_use_of_two_secrets_is_the_key_s(issued, client):
    new = rotated(issued)
    call(client, issued.token)
    call(client, new.token)

    last_use.flush()

    newest = KeySecret.objects.order_by("-last_used_at").first()
    assert newest is not None
    assert ApiKey.objects.get().last_used_at == newest.last_used_at


def test_keys_are_written_before_their_secrets(issued, client):
    """Services lock a key and then its secrets."""
    written: list[str] = []

    def take_down(execute, sql, params, many, context):
        if sql.startswith("UPDATE"):
            written.append(sql.split()[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(take_down):
        call(client, issued.token)

    assert written == ["apikeys_apikey", "apikeys_keysecret"]


def test_use_of_the_old_token_in_a_rotation_is_written_after_five_seconds(issued):
    """A person reads there whether it can end."""
    rotated(issued)
    cached = key_cache.get(issued.key.key_id)
    assert cached is not None
    old, new = cached.secrets
    collector, at = LastUse(last_use._write), issued.key.created_at
    for secret in (old, new):
        for seconds in (0, 4, 6):
            collector.record_use(secret, None, later(at, seconds=seconds))

    stored = dict(KeySecret.objects.values_list("pk", "last_used_at"))

    # The second use was 4 seconds after the first, the third 2 after the second.
    assert stored == {old.pk: at, new.pk: at}
    collector.record_use(old, None, later(at, seconds=12))
    collector.record_use(new, None, later(at, seconds=12))
    stored = dict(KeySecret.objects.values_list("pk", "last_used_at"))
    assert stored == {old.pk: later(at, seconds=12), new.pk: at}


@pytest.mark.django_db(transaction=True)
def test_migration_fills_the_last_use_from_the_secrets_and_goes_back():
    used, unused, known = (IssuedFactory(at=AT).key for _ in range(3))
    KeySecret.objects.filter(key=used).update(
        expires_at=AT, last_used_at=AT, last_used_address="192.0.2.1"
    )
    KeySecret.objects.create(
        key=used,
        digest="0" * 64,
        pepper=1,
        last_used_at=later(AT, seconds=1),
        last_used_address="2001:db8::1",
    )
    KeySecret.objects.filter(key=known).update(last_used_at=AT)
    ApiKey.objects.filter(pk=known.pk).update(last_used_at=later(AT, days=1))
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes("apikeys")

    MigrationExecutor(connection).migrate([("apikeys", "0004_last_use_of_keys")])
    MigrationExecutor(connection).migrate(latest)

    assert list(
        ApiKey.objects.order_by("pk").values_list("last_used_at", "last_used_address")
    ) == [
        (later(AT, seconds=1), "2001:db8::1"),
        (None, None),
        (later(AT, days=1), None),
    ]
    assert unused.last_used_at is None
