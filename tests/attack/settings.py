"""The product's settings, with a stream to hold and no static files to collect."""

from __future__ import annotations

from tests.gate.settings import *  # noqa: F403

ROOT_URLCONF = "tests.attack.urls"
