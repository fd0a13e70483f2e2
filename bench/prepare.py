"""Fills a database: `python -m bench.prepare FOLDER KEYS USED`, as its own process.

Migrates, makes one credential of each kind and as many keys as asked, with real
digests, by COPY. Writes credentials.json and a file of tokens for each number of
keys in USED (comma-separated) into the folder.
"""

from __future__ import annotations

import json
import os
import string
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 (needs the settings)
from django.contrib.auth.models import Group  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from knox.models import AuthToken  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402
from rest_framework_api_key.models import APIKey  # noqa: E402

from apikeys.access import tokens  # noqa: E402
from apikeys.changes.actors import OPERATOR  # noqa: E402
from apikeys.keys.models import ApiKey, KeyRole, KeySecret  # noqa: E402
from apikeys.keys.services import IssuedKey, issue_key  # noqa: E402
from apikeys.keys.values import KeySettings  # noqa: E402
from apikeys.organization.models import Person  # noqa: E402

NETWORKS = ("198.51.100.0/24", "192.0.2.0/24")
# Where a caller of this machine's nginx calls from.
LOOPBACK = ("127.0.0.0/8",)
ENDPOINTS = ("/api/ingress/*", "/api/egress/*")

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE62 = string.digits + string.ascii_letters
_TO_CROCKFORD = bytes(ord(_CROCKFORD[n % 32]) for n in range(256))
_TO_BASE62 = bytes(ord(_BASE62[n % 62]) for n in range(256))


def main(folder: Path, keys: int, used: list[int]) -> None:
    call_command("migrate", verbosity=0)
    issued, near = _issue("bench", NETWORKS), _issue("near", LOOPBACK)
    with transaction.atomic(), connection.cursor() as cursor:
        _copy(cursor, keys, folder, used)
        _multiply(cursor, issued.key)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    (folder / "credentials.json").write_text(json.dumps(_credentials(issued, near)))


def _issue(name: str, networks: tuple[str, ...]) -> IssuedKey:
    return issue_key(
        key_type="v1",
        fields=KeySettings(name, networks=networks, endpoints=ENDPOINTS),
        roles=[Group.objects.get(name="Full access")],
        expires_at=timezone.now() + timedelta(days=90),
        actor=OPERATOR,
        at=timezone.now(),
    )


def _credentials(issued: IssuedKey, near: IssuedKey) -> dict[str, str]:
    """Return what each authentication takes; a person of its own for each token."""
    people = [Person.objects.create_user(name) for name in ("token", "knox")]
    return {
        "key_id": issued.key.key_id,
        "key": f"Bearer {issued.token.text}",
        "near_key": f"Bearer {near.token.text}",
        "drf_token": f"Token {Token.objects.create(user=people[0]).key}",
        "knox": f"Token {AuthToken.objects.create(people[1])[1]}",
        "api_key": f"Api-Key {APIKey.objects.create_key(name='bench')[1]}",
    }


def _copy(cursor: Any, keys: int, folder: Path, used: list[int]) -> None:
    _, pepper = tokens.signing_pepper(settings.API_KEY_PEPPERS)
    cursor.execute(
        "CREATE TEMPORARY TABLE made (key_id text, digest text) ON COMMIT DROP"
    )
    samples: dict[int, list[str]] = {count: [] for count in used}
    with cursor.copy("COPY made FROM STDIN") as copy:
        for position, token in enumerate(_tokens(keys)):
            copy.write_row((token.public_id, tokens.digest(token, pepper)))
            for count, sample in samples.items():
                # From all over the table, as the callers of a day are.
                if position % (keys // count) == 0:
                    sample.append(token.text)
    for count, sample in samples.items():
        (folder / f"{count}.tokens").write_text("\n".join(sample[:count]) + "\n")


def _tokens(count: int) -> Iterator[tokens.Token]:
    """Make tokens as `tokens.generate` does, only faster and a little less random."""
    for _ in range(count):
        public_id = f"kd_{os.urandom(16).translate(_TO_CROCKFORD).decode()}"
        secret = os.urandom(32).translate(_TO_BASE62).decode()
        check = tokens._check(f"{public_id}_{secret}")
        yield tokens.Token(public_id, secret + check)


def _multiply(cursor: Any, key: ApiKey) -> None:
    """Make one row of each table for every token, in all else like the given key's."""
    _insert(cursor, ApiKey, key.pk, {"key_id": "made.key_id", "name": "made.key_id"})
    same_key = "JOIN apikeys_apikey k ON k.key_id = made.key_id"
    role, secret = KeyRole.objects.get(key=key), KeySecret.objects.get(key=key)
    _insert(cursor, KeyRole, role.pk, {"key_id": "k.id"}, same_key)
    # Used a while ago, like most keys at any moment: no write at the first call.
    changed = {
        "key_id": "k.id",
        "digest": "made.digest",
        "last_used_at": "now() - interval '10 minutes'",
    }
    _insert(cursor, KeySecret, secret.pk, changed, same_key)


def _insert(
    cursor: Any,
    model: type[models.Model],
    pk: int,
    changed: dict[str, str],
    join: str = "",
) -> None:
    columns = [str(field.column) for field in model._meta.concrete_fields[1:]]
    values = ", ".join(changed.get(name, f"template.{name}") for name in columns)
    table = model._meta.db_table
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"  # noqa: S608 (names of the models)
        f" FROM made {join} CROSS JOIN {table} template WHERE template.id = {pk}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), [int(n) for n in sys.argv[3].split(",")])
