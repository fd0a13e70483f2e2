"""Databases of a run on an embedded PostgreSQL, each filled by a process of its own."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

PEPPERS = f"1:{secrets.token_hex(32)}"


@dataclass(frozen=True, slots=True)
class Database:
    """A filled database: the environment to serve it with, and what opens it."""

    environment: dict[str, str]
    folder: Path

    def credentials(self) -> dict[str, str]:
        return dict(json.loads((self.folder / "credentials.json").read_text()))

    def tokens(self, count: int) -> Path:
        """Return the file with the tokens of so many keys."""
        return self.folder / f"{count}.tokens"


def fill(
    server_url: str, name: str, folder: Path, keys: int, used: Sequence[int]
) -> Database:
    """Create a database with so many keys."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    database = Database(
        environment(server_url.replace("/postgres?", f"/{name}?")), folder / name
    )
    database.folder.mkdir()
    subprocess.run(  # noqa: S603 (our own words)
        [
            *(sys.executable, "-m", "bench.prepare", str(database.folder)),
            *(str(keys), ",".join(map(str, used))),
        ],
        env={**os.environ, **database.environment},
        check=True,
    )
    return database


def environment(database_url: str) -> dict[str, str]:
    """Return the settings of a production server, but in plain HTTP."""
    return {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "ENV_FILE": os.devnull,
        "DATABASE_URL": database_url,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "API_KEY_PEPPERS": PEPPERS,
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(bytes(32)).decode(),
        "TRUSTED_PROXIES": "127.0.0.0/8",
        "SECURE_SSL_REDIRECT": "false",
        "LOG_LEVEL": "WARNING",
    }
