"""Settings of a test run: nothing of the developer's own environment file."""

from __future__ import annotations

import os

os.environ.update(
    {
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "only-for-tests-" + "x" * 50,
        "API_KEY_PEPPERS": "1:" + "0123456789abcdef" * 4,
        "FIELD_ENCRYPTION_KEYS": "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtb28=",
        "SECURE_COOKIES": "false",
        "SECURE_SSL_REDIRECT": "false",
        "EMAIL_URL": "memorymail://",
    }
)

from apikeys.passwords import BoundedArgon2PasswordHasher

from .settings import *


class QuickArgon2PasswordHasher(BoundedArgon2PasswordHasher):
    time_cost = 1
    memory_cost = 8


PASSWORD_HASHERS = ["config.settings_test.QuickArgon2PasswordHasher"]

_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # A file and not memory: live-server threads then have connections of their
    # own, as in production.
    _database["TEST"] = {"NAME": f"{_database['NAME']}.test"}
    _database["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
else:
    # Pooled connections would keep the test database from being dropped.
    _database["OPTIONS"].pop("pool", None)

STORAGES["staticfiles"] = {"BACKEND": "config.static_files.StaticFilesOfTests"}
# Finds static files where they are written; nothing needs collecting.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

# Each call sees what the one before it changed.
KEY_CACHE_MAX_STALE_SECONDS = 0
# No other thread sees a test's transaction, and none outlives its test.
KEY_CACHE_READER = "inline"
