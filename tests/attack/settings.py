"""The product's settings, with a stream to hold and no static files to collect."""

from __future__ import annotations

from config.settings import *  # noqa: F403

STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
ROOT_URLCONF = "tests.attack.urls"
