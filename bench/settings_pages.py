"""The product's settings, whole, but without the static files of a deployment."""

from __future__ import annotations

from config.settings import *

STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
