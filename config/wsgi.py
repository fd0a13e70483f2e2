"""The WSGI entrance: checks the settings, then puts the gate in front of Django."""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from config.serving import set_up

set_up()

from apikeys.gate import Gate  # noqa: E402 (needs the app registry)

django_application = get_wsgi_application()
application = Gate(django_application)
