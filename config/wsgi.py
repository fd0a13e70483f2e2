"""The WSGI entrance: checks the settings, then puts the gate in front of Django."""

from __future__ import annotations

import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application = get_wsgi_application()

# A server is not a command, so nobody else would run the system checks.
call_command("check", databases=["default"])

from apikeys.gate import Gate  # noqa: E402 (needs the app registry)

application = Gate(django_application)
