"""The WSGI entrance: checks the settings, then puts the gate in front of Django."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from config.environment import wrong_settings_end_the_process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

with wrong_settings_end_the_process():
    django_application = get_wsgi_application()

    # A server is not a command, so nobody else would run the system checks.
    call_command("check", databases=["default"])

from apikeys.caching.deadlines import limit_each_wait
from apikeys.gate import Gate

# Of a server alone: a migration or an export may wait for longer.
limit_each_wait(settings.DATABASE_WAIT_SECONDS)

application = Gate(django_application)
