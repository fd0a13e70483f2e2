from __future__ import annotations

from importlib import import_module
from io import BytesIO
from ipaddress import ip_network
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from apikeys.keys.values import KeySettings
from tests.apikeys.gate.asking import CALLER, PROXY, TARGET, Answer
from tests.factories import IssuedFactory


@pytest.fixture
def ask(settings):
    """Ask the gate, as the proxy does for a call from `CALLER`."""
    settings.TRUSTED_PROXIES = (ip_network("10.0.0.0/8"),)
    application = import_module("config.wsgi").application

    def ask(**changes) -> Answer:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/gate",
            "REMOTE_ADDR": PROXY,
            "HTTP_X_FORWARDED_FOR": CALLER,
            "HTTP_X_ORIGINAL_METHOD": "GET",
            "HTTP_X_ORIGINAL_URI": TARGET,
            "QUERY_STRING": "",
            "SCRIPT_NAME": "",
            "wsgi.input": BytesIO(),
        }
        environ |= changes
        environ = {name: value for name, value in environ.items() if value is not None}
        setup_testing_defaults(environ)
        started: list[Any] = []

        def start_response(*arguments):
            started.append(arguments)

        body = application(environ, start_response)
        content = b"".join(body)
        getattr(body, "close", lambda: None)()
        ((status, headers, *_),) = started
        return Answer(status, headers, content)

    return ask


@pytest.fixture
def issued():
    return IssuedFactory(
        fields=KeySettings("Billing", ("192.0.2.0/24",), ("/api/egress/*",))
    )
