from __future__ import annotations

import json
from datetime import timedelta
from importlib import import_module
from io import BytesIO
from ipaddress import ip_network
from typing import Any
from unittest.mock import Mock
from wsgiref.util import setup_testing_defaults

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apikeys import tokens
from apikeys.models import KeySecret
from apikeys.services.audit import OPERATOR
from apikeys.services.key_values import KeySettings
from apikeys.services.keys import deactivate_key, delete_key
from tests.factories import IssuedFactory, LocationFactory, RoleFactory

pytestmark = pytest.mark.django_db

PROXY, CALLER = "10.0.0.1", "192.0.2.7"
TARGET = "/api/egress/leads"
API_HEADERS = {"X-Api-Key-Id", "X-Api-Key-Name", "X-Api-Location", "X-Api-Roles"}


class Answer:
    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes):
        texts = [text for header in headers for text in header]
        assert all(text.isascii() and text.isprintable() for text in texts)
        self.status = int(status.split(maxsplit=1)[0])
        self.headers = dict(headers)
        self.names = [name for name, _ in headers]
        self.body = body


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


def _bearer(issued):
    return {"HTTP_AUTHORIZATION": f"Bearer {issued.token.text}"}


def _pair(issued, names=("HTTP_X_API_ID", "HTTP_X_API_KEY")):
    return dict(zip(names, (issued.token.public_id, issued.token.secret), strict=True))


def _query(issued):
    pair = f"api={issued.token.public_id}&apikey={issued.token.secret}"
    return {"HTTP_X_ORIGINAL_URI": f"{TARGET}?{pair}"}


def assert_allowed(answer, issued):
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["X-Api-Key-Id"] == issued.key.key_id
    assert answer.names.count("Content-Length") == 1
    assert set(answer.headers) >= API_HEADERS


def assert_refused(answer, status, code):
    body = json.loads(answer.body)
    assert (answer.status, body["code"], body["status"]) == (status, code, status)
    assert answer.headers["X-Refusal"] == code
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["Cache-Control"] == "no-store"
    challenge = 'Bearer realm="api"' if status == 401 else None
    assert answer.headers.get("WWW-Authenticate") == challenge
    assert {answer.headers[name] for name in API_HEADERS} == {""}
    return body


def test_allowed_call_tells_the_upstream_who_calls(ask):
    roles = [RoleFactory(name="Help desk, 2nd"), RoleFactory(name="Ünit/b")]
    issued = IssuedFactory(
        location=LocationFactory(name="Zürich"),
        roles=roles,
        fields=KeySettings("Größe 100 %, \n日本"),
    )

    answer = ask(**_bearer(issued))

    assert_allowed(answer, issued)
    assert {name: answer.headers[name] for name in API_HEADERS} == {
        "X-Api-Key-Id": issued.key.key_id,
        "X-Api-Key-Name": "Gr%C3%B6%C3%9Fe%20100%20%25%2C%20%0A%E6%97%A5%E6%9C%AC",
        "X-Api-Location": "Z%C3%BCrich",
        "X-Api-Roles": "Help%20desk%2C%202nd,%C3%9Cnit/b",
    }


def test_key_without_location_and_roles_sends_every_header_all_the_same(ask, settings):
    settings.KEY_TYPE_EXTRA_PATHS = {"sms": ["/crm"]}
    issued = IssuedFactory(key_type="sms", fields=KeySettings("Texts", ("0.0.0.0/0",)))

    answer = ask(**_bearer(issued), HTTP_X_ORIGINAL_URI="/crm/x")

    assert_allowed(answer, issued)
    assert (answer.headers["X-Api-Location"], answer.headers["X-Api-Roles"]) == ("", "")


@pytest.mark.parametrize(
    "credential",
    [
        pytest.param(_bearer, id="bearer"),
        pytest.param(_pair, id="x-pair"),
        pytest.param(
            lambda issued: _pair(issued, ("HTTP_TLD_API_ID", "HTTP_TLD_API_KEY")),
            id="tld-pair",
        ),
        pytest.param(
            lambda issued: _bearer(issued) | _pair(issued), id="both-the-same"
        ),
    ],
)
def test_credential_is_taken_from(credential, ask, issued):
    assert_allowed(ask(**credential(issued)), issued)


def test_query_parameters_are_taken_where_the_key_allows_it(ask):
    issued = IssuedFactory(
        fields=KeySettings("Billing", endpoints=(TARGET,), accepts_parameters=True)
    )

    assert_allowed(ask(**_query(issued)), issued)


def _nothing(issued):
    return {}


def _malformed(issued):
    return {"HTTP_AUTHORIZATION": f"Bearer {issued.token.text[:-1]}"}


def _two_keys(issued):
    return _bearer(issued) | _pair(IssuedFactory())


def _wrong_secret(issued):
    token = tokens.with_new_secret(issued.token.public_id)
    return {"HTTP_AUTHORIZATION": f"Bearer {token.text}"}


def _unknown(issued):
    return {"HTTP_AUTHORIZATION": f"Bearer {tokens.generate().text}"}


def _deleted(issued):
    delete_key(issued.key.key_id, actor=OPERATOR, at=timezone.now())
    return _bearer(issued)


def _inactive(issued):
    deactivate_key(issued.key.key_id, actor=OPERATOR, at=timezone.now())
    return _bearer(issued)


def _expired(issued):
    expired = IssuedFactory(
        at=timezone.now() - timedelta(days=2),
        expires_at=timezone.now() - timedelta(seconds=1),
    )
    return _bearer(expired)


def _from_elsewhere(issued):
    return _bearer(issued) | {"HTTP_X_FORWARDED_FOR": "198.51.100.1"}


def _forged_hop(issued):
    return _bearer(issued) | {"HTTP_X_FORWARDED_FOR": f"{CALLER}, 198.51.100.1"}


def _unknown_address(issued):
    return _bearer(issued) | {"HTTP_X_FORWARDED_FOR": None}


def _unusable_address(issued):
    return _bearer(issued) | {"HTTP_X_FORWARDED_FOR": "unknown"}


def _other_type(issued):
    return _bearer(issued) | {"HTTP_X_ORIGINAL_URI": "/api/v2/leads"}


def _other_endpoint(issued):
    return _bearer(issued) | {"HTTP_X_ORIGINAL_URI": "/api/ingress/leads"}


def _untrusted_peer(issued):
    return _bearer(issued) | {"REMOTE_ADDR": "192.0.2.7"}


def _unix_socket(issued):
    return _bearer(issued) | {"REMOTE_ADDR": ""}


def _no_method(issued):
    return _bearer(issued) | {"HTTP_X_ORIGINAL_METHOD": None}


def _empty_method(issued):
    return _bearer(issued) | {"HTTP_X_ORIGINAL_METHOD": ""}


def _no_target(issued):
    return _bearer(issued) | {"HTTP_X_ORIGINAL_URI": None}


def _other_family(issued):
    return _bearer(issued) | {
        "HTTP_X_ORIGINAL_METHOD": None,
        "HTTP_X_ORIGINAL_URI": None,
        "HTTP_X_FORWARDED_METHOD": "GET",
        "HTTP_X_FORWARDED_URI": TARGET,
    }


@pytest.mark.parametrize(
    ("attempt", "status", "code"),
    [
        (_nothing, 401, "credentials_missing"),
        (_malformed, 401, "credentials_malformed"),
        (_two_keys, 401, "credentials_ambiguous"),
        (_wrong_secret, 401, "credentials_invalid"),
        (_unknown, 401, "credentials_invalid"),
        (_deleted, 401, "credentials_invalid"),
        (_query, 401, "credentials_in_parameters"),
        (_inactive, 401, "key_inactive"),
        (_expired, 401, "key_expired"),
        (_from_elsewhere, 403, "ip_not_allowed"),
        (_forged_hop, 403, "ip_not_allowed"),
        (_unknown_address, 403, "ip_not_allowed"),
        (_unusable_address, 403, "ip_not_allowed"),
        (_other_type, 403, "type_not_allowed"),
        (_other_endpoint, 403, "endpoint_not_allowed"),
        (_untrusted_peer, 403, "peer_not_trusted"),
        (_unix_socket, 403, "peer_not_trusted"),
        (_no_method, 403, "gate_headers_missing"),
        (_empty_method, 403, "gate_headers_missing"),
        (_no_target, 403, "gate_headers_missing"),
        (_other_family, 403, "gate_headers_missing"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_call_is_refused(attempt, status, code, ask, issued):
    answer = ask(**attempt(issued))

    assert_refused(answer, status, code)
    assert not KeySecret.objects.exclude(last_used_at=None).exists()


def test_no_proxy_is_trusted_unless_it_is_named(ask, issued, settings):
    settings.TRUSTED_PROXIES = ()

    assert_refused(ask(**_bearer(issued)), 403, "peer_not_trusted")


def test_mapped_address_of_a_proxy_is_trusted(ask, issued):
    assert_allowed(ask(**_bearer(issued), REMOTE_ADDR=f"::ffff:{PROXY}"), issued)


def test_unknown_address_passes_where_the_key_is_open(ask):
    issued = IssuedFactory(fields=KeySettings("Open"))

    assert_allowed(ask(**_bearer(issued), HTTP_X_FORWARDED_FOR=None), issued)


def test_forwarded_family_is_read_where_it_is_set(ask, issued, settings):
    settings.GATE_HEADERS = "forwarded"
    forwarded = {"HTTP_X_FORWARDED_METHOD": "POST", "HTTP_X_FORWARDED_URI": TARGET}

    assert_allowed(ask(**_bearer(issued), **forwarded), issued)
    assert_refused(ask(**_bearer(issued)), 403, "gate_headers_missing")


def test_headers_of_the_other_family_change_nothing(ask, issued):
    spoofed = {
        "HTTP_X_FORWARDED_METHOD": "GET",
        "HTTP_X_FORWARDED_URI": TARGET,
        "HTTP_X_ORIGINAL_URI": "/api/ingress/x",
    }

    answer = ask(**_bearer(issued), **spoofed)

    assert_refused(answer, 403, "endpoint_not_allowed")


@pytest.mark.parametrize(
    "target",
    [
        "//api/egress/leads",
        "/api//egress/leads",
        "/api/egress/../ingress",
        "/api/egress/./leads",
        "/api/egress%2Fleads",
        "/api/egress/%2e%2e/ingress",
        "/api/egress/%252e%252e/ingress",
        "/api/egress\\..\\ingress",
        "/api/egress/leads;jsessionid=1",
        "/api/egress/%00",
        "/api/egress/%0d%0aX:y",
        "/api/egress/%ff",
        "/api/egress/\xe9",
        "/api/egress/leads#x",
        "http://crm.example/api/egress/leads",
        "/api/egress/" + "a" * 100_000,
        "*",
    ],
)
def test_trap_in_the_target_is_refused(target, ask):
    issued = IssuedFactory(fields=KeySettings("Open"))

    answer = ask(**_bearer(issued), HTTP_X_ORIGINAL_URI=target)

    assert_refused(answer, 403, "path_malformed")


def test_trap_is_told_to_nobody_without_a_key(ask):
    answer = ask(HTTP_X_ORIGINAL_URI="/api/../x")

    assert_refused(answer, 401, "credentials_missing")


@pytest.mark.parametrize(
    "target",
    ["/api/egress/leads/", "/api/egress/%6Ceads", "/api/egress/leads?x=/../%2f;\\"],
)
def test_harmless_target_passes(target, ask):
    issued = IssuedFactory(fields=KeySettings("One", endpoints=(TARGET,)))

    assert_allowed(ask(**_bearer(issued), HTTP_X_ORIGINAL_URI=target), issued)


def test_refusal_stands_in_a_header_too_for_proxies_that_drop_the_body(ask, issued):
    answer = ask(**_other_endpoint(issued))

    body = assert_refused(answer, 403, "endpoint_not_allowed")
    assert json.loads(answer.headers["X-Refusal-Body"]) == body


@pytest.mark.parametrize("path", ["a" * 4_000, "%C3%A9" * 1_300], ids=["long", "é"])
def test_header_of_a_refusal_is_short_whatever_the_path(path, ask, issued):
    # nginx answers 500 where the headers outgrow its buffer of 4 kB.
    answer = ask(**_bearer(issued), HTTP_X_ORIGINAL_URI=f"/api/ingress/{path}")

    assert_refused(answer, 403, "endpoint_not_allowed")
    header = json.loads(answer.headers["X-Refusal-Body"])
    assert header["code"] == "endpoint_not_allowed"
    assert sum(len(name) + len(value) for name, value in answer.headers.items()) < 2_000


def test_lost_database_is_a_503(ask, issued):
    def fail(execute, sql, params, many, context):
        raise OperationalError

    with connection.execute_wrapper(fail):
        answer = ask(**_bearer(issued))

    assert_refused(answer, 503, "state_unknown")
    assert answer.headers["Retry-After"] == "1"


def test_allowed_call_is_a_use_from_the_callers_address(ask, issued):
    ask(**_bearer(issued))

    secret = KeySecret.objects.get()
    assert secret.last_used_at is not None
    assert secret.last_used_address == CALLER


def test_cached_key_costs_no_query(ask, issued, settings, django_assert_num_queries):
    settings.KEYRING_MAX_STALE_SECONDS = 60
    ask(**_bearer(issued))

    with django_assert_num_queries(0):
        assert_allowed(ask(**_bearer(issued)), issued)


def test_call_that_passed_is_refused_from_the_instant_of_expiry(ask, monkeypatch):
    issued = IssuedFactory(
        expires_at=timezone.now() + timedelta(days=1), fields=KeySettings("Billing")
    )
    assert_allowed(ask(**_bearer(issued)), issued)

    clock = Mock(now=lambda zone: issued.key.expires_at)
    monkeypatch.setattr("apikeys.gate.datetime", clock)

    assert_refused(ask(**_bearer(issued)), 401, "key_expired")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", [_bearer, _wrong_secret, _from_elsewhere])
def test_connection_is_given_back(attempt, ask, issued):
    ask(**attempt(issued))

    assert connection.connection is None


@pytest.mark.django_db(transaction=True)
def test_connection_is_given_back_after_a_bug(ask, issued, settings):
    settings.GATE_HEADERS = "nonsense"
    KeySecret.objects.count()

    with pytest.raises(KeyError):
        ask(**_bearer(issued))

    assert connection.connection is None


@pytest.mark.parametrize("path", ["/gate/", "/gate/x", "/gates", "/"])
def test_other_paths_go_on_to_django(path, ask, issued):
    answer = ask(**_bearer(issued), PATH_INFO=path)

    assert answer.status in (302, 404)
    assert "X-Api-Key-Id" not in answer.headers


@pytest.mark.django_db(transaction=True)
def test_plain_request_goes_on_to_django(ask, issued):
    answer = ask(**_bearer(issued), PATH_INFO="/api/whoami", HTTP_HOST="localhost")

    assert (answer.status, json.loads(answer.body)["id"]) == (200, issued.key.key_id)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_AUTHORIZATION", "Bearer " + "a" * 1_000_000),
        ("HTTP_AUTHORIZATION", "Bearer \xff\xfe"),
        ("HTTP_X_API_ID", "\x00"),
        ("HTTP_X_API_KEY", "a" * 1_000_000),
        ("HTTP_X_ORIGINAL_URI", "?api=%ff&apikey=%00"),
        ("HTTP_X_ORIGINAL_METHOD", "\xff" * 1_000),
        ("HTTP_X_FORWARDED_FOR", "," * 100_000),
    ],
)
def test_hostile_header_is_a_plain_refusal(name, value, ask):
    answer = ask(**{name: value})

    assert answer.status in (401, 403)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "HTTP_AUTHORIZATION",
                "HTTP_X_API_ID",
                "HTTP_X_API_KEY",
                "HTTP_X_ORIGINAL_URI",
                "HTTP_X_ORIGINAL_METHOD",
                "HTTP_X_FORWARDED_FOR",
                "REMOTE_ADDR",
            ]
        ),
        st.binary(max_size=60).map(lambda value: value.decode("latin-1")),
    )
)
def test_any_headers_are_a_plain_refusal(ask, headers):
    assert ask(**headers).status in (401, 403)
