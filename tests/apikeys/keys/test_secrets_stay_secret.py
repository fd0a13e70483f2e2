from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR
from apikeys.keys.cache import key_cache
from apikeys.keys.rotation import rotate_key
from apikeys.keys.services import set_password
from apikeys.keys.verification import verify
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db


def _dump() -> str:
    """Return every row of every table as text, past the models too."""
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows.append(f"{table} {cursor.fetchall()}")
    return "\n".join(rows)


@pytest.fixture
def made(caplog):
    """All secrets that a key has in its life, and the log of how they were made."""
    with caplog.at_level(logging.DEBUG):
        at = timezone.now()
        issued = IssuedFactory(key_type="webservice_premium", nonce="once")
        rotated = rotate_key(
            issued.key.key_id, overlap=timedelta(days=1), actor=OPERATOR, at=at
        )
        password = set_password(issued.key.key_id, actor=OPERATOR, at=at)
        for token in (issued.token, rotated.token):
            verify(token.text, at)
    return [
        issued.token.text,
        issued.token.secret,
        issued.token.secret[:-6],
        rotated.token.secret,
        rotated.token.secret[:-6],
        issued.password,
        password,
    ]


def test_no_secret_is_in_any_table(made):
    dump = _dump()

    assert "apikeys_keysecret" in dump
    assert [secret for secret in made if secret in dump] == []


def test_no_secret_is_in_a_dump_of_the_models(made):
    dump = "".join(
        serializers.serialize("json", model._default_manager.all())
        for model in apps.get_models()
    )

    assert [secret for secret in made if secret in dump] == []


def test_no_secret_is_in_the_log(made, caplog):
    text = caplog.text + "".join(repr(record.__dict__) for record in caplog.records)

    assert [secret for secret in made if secret in text] == []


def test_no_secret_is_in_the_audit_trail(made):
    trail = repr(list(AuditEntry.objects.values()))

    assert AuditEntry.objects.count() == 3
    assert [secret for secret in made if secret in trail] == []


def test_no_digest_is_in_the_audit_trail(made):
    trail = repr(list(AuditEntry.objects.values()))
    secrets = apps.get_model("apikeys", "KeySecret").objects.values_list(
        "digest", flat=True
    )

    assert [digest for digest in secrets if digest in trail] == []
    assert "argon2" not in trail


def test_no_secret_is_in_the_key_caches_own_words(made):
    text = repr(list(key_cache._entries.items()))

    assert [secret for secret in made if secret in text] == []


def test_no_secret_is_in_what_a_call_answers(made, client):
    response = client.get("/api/whoami", headers={"Authorization": f"Bearer {made[0]}"})

    assert response.status_code == 200
    answer = response.text + repr(list(response.items())) + repr(client.cookies)
    assert [secret for secret in made if secret in answer] == []


def test_call_leaves_no_secret_in_the_log(made, client, caplog):
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        client.get("/api/whoami", headers={"Authorization": f"Bearer {made[0]}"})
        client.get("/api/whoami", headers={"Authorization": f"Bearer {made[0]}x"})
        client.get("/api/none", headers={"Authorization": f"Bearer {made[0]}"})

    text = caplog.text + "".join(repr(record.args) for record in caplog.records)
    assert [secret for secret in made if secret in text] == []
