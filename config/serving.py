"""What every server does before it answers the first call, and no command."""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.core.management import call_command

from apikeys.caching.deadlines import limit_each_wait
from config.environment import (
    lost_database_ends_the_process,
    wrong_settings_end_the_process,
)

# Answered by both servers without a thread or a page, whatever else keeps them busy.
HEALTH_PATH = "/healthz"
HEALTHY = b"ok\n"


def set_up() -> None:
    """Load the apps, check the settings, and limit each wait for the database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with wrong_settings_end_the_process(), lost_database_ends_the_process():
        django.setup(set_prefix=False)
        # A server is not a command, so nobody else would run the system checks.
        call_command("check", databases=["default"])
    # Of a server alone: a migration or an export may wait for longer.
    limit_each_wait(settings.DATABASE_WAIT_SECONDS)
