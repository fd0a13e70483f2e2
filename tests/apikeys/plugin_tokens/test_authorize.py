"""`/api/plugin/authorize`: which page may use which plugin token."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError, connection

from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.services import (
    add_domains,
    delete_plugin_token,
    remove_domains,
    replace_value,
)
from tests.plugin_tokens import JSON, authorize, change, make_full_key, make_token

pytestmark = pytest.mark.django_db

URL = "/api/plugin/authorize"
CORS = [
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Credentials",
]


def _refusal(response):
    assert not [name for name in CORS if name in response]
    assert response["Vary"] == "Origin"
    return response.status_code, response.json()


DOMAIN_NOT_ALLOWED = (403, {"allowed": False, "code": "domain_not_allowed"})
TOKEN_INVALID = (403, {"allowed": False, "code": "token_invalid"})


def test_page_on_a_registered_domain_is_let_in_with_its_own_origin(client):
    token, value = make_token("acme", "example.com")

    response = authorize(client, value, "https://shop.example.com")

    assert response.status_code == 200
    assert response.json() == {
        "allowed": True,
        "token_id": str(token.public_id),
        "name": "acme",
    }
    assert response["Access-Control-Allow-Origin"] == "https://shop.example.com"
    assert response["Vary"] == "Origin"
    assert response["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.parametrize(
    ("domains", "origin"),
    [
        ("example.com", "https://example.com"),
        ("example.com", "http://a.b.example.com:8080"),
        ("example.com", "https://my_tenant.example.com"),
        ("example.com", "https://EXAMPLE.com"),
        ("example.com", "https://example.com."),
        ("example.com:8443", "https://example.com:8443"),
        ("example.com:443", "https://example.com"),
        ("example.com:80", "http://www.example.com"),
        ("localhost:3000", "http://localhost:3000"),
        ("127.0.0.1", "http://127.0.0.1:5173"),
        ("other.org,xn--mnchen-3ya.de", "https://xn--mnchen-3ya.de"),
    ],
)
def test_origins_that_are_let_in(client, domains, origin):
    _, value = make_token(domains=domains)

    response = authorize(client, value, origin)

    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize(
    ("domains", "origin"),
    [
        ("example.com", "https://badexample.com"),
        ("example.com", "https://example.com.evil.org"),
        ("example.com", "https://example.co"),
        ("a.example.com", "https://example.com"),
        ("example.com:8443", "https://example.com"),
        ("example.com:8443", "https://example.com:8080"),
        ("example.com:443", "http://example.com"),
        ("example.com", "https://ex\u0430mple.com"),  # a Cyrillic letter
        ("example.com", "https://example.com@evil.org"),
        ("example.com", "https://evil.org#example.com"),
        ("example.com", "https://evil.org/.example.com"),
        ("example.com", "https://evil.org\\.example.com"),
        ("example.com", "https://evil.org, https://example.com"),
        ("example.com", "https://evil.org https://example.com"),
        ("example.com", "ftp://example.com"),
        ("example.com", "file://example.com"),
        ("example.com", "example.com"),
        ("example.com", "null"),
        ("example.com", ""),
        ("127.0.0.1", "http://[::1]"),
    ],
)
def test_origins_that_are_refused(client, domains, origin):
    _, value = make_token(domains=domains)

    assert _refusal(authorize(client, value, origin)) == DOMAIN_NOT_ALLOWED


def test_call_without_origin_and_referer_is_refused(client):
    _, value = make_token()

    assert _refusal(authorize(client, value, None)) == DOMAIN_NOT_ALLOWED


def test_referer_decides_where_there_is_no_origin(client):
    _, value = make_token()

    inside = authorize(
        client, value, None, HTTP_REFERER="https://a.example.com/edit?x=1#y"
    )
    outside = authorize(
        client, value, None, HTTP_REFERER="https://evil.org/?https://example.com"
    )

    assert inside.status_code == 200
    assert inside["Access-Control-Allow-Origin"] == "https://a.example.com"
    assert _refusal(outside) == DOMAIN_NOT_ALLOWED


@pytest.mark.parametrize("origin", ["null", "", "https://evil.org"])
def test_good_referer_does_not_rescue_a_bad_origin(client, origin):
    _, value = make_token()

    response = authorize(client, value, origin, HTTP_REFERER="https://example.com/")

    assert _refusal(response) == DOMAIN_NOT_ALLOWED


@pytest.mark.parametrize("slash", ["", "/"])
def test_token_may_come_as_a_bearer_or_in_a_form(client, slash):
    _, value = make_token()
    origin = {"HTTP_ORIGIN": "https://example.com"}

    as_bearer = client.post(
        f"{URL}{slash}", HTTP_AUTHORIZATION=f"Bearer {value}", **origin
    )
    in_form = client.post(f"{URL}{slash}", {"token": value}, **origin)
    twice = client.post(
        f"{URL}{slash}",
        {"token": value},
        JSON,
        HTTP_AUTHORIZATION=f"Bearer {value}",
        **origin,
    )

    assert [r.status_code for r in (as_bearer, in_form, twice)] == [200, 200, 200]


def test_two_different_tokens_are_refused(client):
    _, value = make_token()
    _, other = make_token("other")

    response = authorize(
        client, value, "https://example.com", HTTP_AUTHORIZATION=f"Bearer {other}"
    )

    assert _refusal(response) == (
        403,
        {"allowed": False, "code": "credentials_ambiguous"},
    )


@pytest.mark.parametrize("body", ["", "{}", "[]", "7", '{"token": ""}'])
def test_call_without_a_token_is_refused(client, body):
    response = client.post(URL, body, JSON, HTTP_ORIGIN="https://example.com")

    assert _refusal(response) == (403, {"allowed": False, "code": "token_missing"})


@pytest.mark.parametrize(
    "token",
    [
        "x",
        7,
        ["a"],
        {"a": 1},
        "kp_0000000000000000_" + "a" * 38,
        "kp_" + "x" * 500,
        "\ud800",
    ],
)
def test_token_that_is_none_is_refused(client, token):
    response = authorize(client, token, "https://example.com")

    assert _refusal(response) == TOKEN_INVALID


def test_api_key_is_no_plugin_token(client):
    response = authorize(client, make_full_key(), "https://example.com")

    assert _refusal(response) == TOKEN_INVALID


def test_stored_digest_is_no_plugin_token(client):
    token, _ = make_token()

    response = authorize(client, token.digest, "https://example.com")

    assert _refusal(response) == TOKEN_INVALID


def test_unreadable_body_is_refused_in_this_shape(client):
    def post(body, content_type=JSON):
        response = client.generic("POST", URL, body, content_type)
        return _refusal(response)

    assert post("{") == (400, {"allowed": False, "code": "parse_error"})
    assert post("[" * 60_000) == (400, {"allowed": False, "code": "parse_error"})
    many = "&".join(f"a{n}=b" for n in range(2000))
    assert post(many, "application/x-www-form-urlencoded") == (
        400,
        {"allowed": False, "code": "parse_error"},
    )
    assert post("x", "text/plain") == (
        415,
        {"allowed": False, "code": "unsupported_media_type"},
    )
    assert post(json.dumps({"token": "x" * 65536})) == (
        413,
        {"allowed": False, "code": "body_too_large"},
    )


def test_other_methods_are_refused_in_this_shape(client):
    response = client.get(URL)

    assert _refusal(response) == (405, {"allowed": False, "code": "method_not_allowed"})
    assert response["Allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("origin", ["https://example.com", "https://evil.org", "null"])
def test_preflight_is_answered_for_every_origin(client, origin):
    response = client.options(
        URL,
        HTTP_ORIGIN=origin,
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="authorization,content-type",
    )

    assert (response.status_code, response.content) == (204, b"")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Access-Control-Allow-Methods"] == "POST"
    assert response["Access-Control-Allow-Headers"] == "Content-Type, Authorization"


def test_plain_http_is_refused_where_https_is_demanded(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    _, value = make_token()

    response = authorize(client, value, "https://example.com")

    assert _refusal(response) == (403, {"allowed": False, "code": "https_required"})


def test_changes_are_seen_at_the_next_call(client):
    token, value = make_token(domains="a.com,b.com")

    def is_let_in(origin, value=value):
        return authorize(client, value, origin).status_code == 200

    assert is_let_in("https://a.com")
    remove_domains(token.public_id, domains=["a.com"], **change())
    assert not is_let_in("https://a.com")
    add_domains(token.public_id, domains=["a.com"], **change())
    assert is_let_in("https://a.com")
    new = replace_value(token.public_id, **change()).value
    assert not is_let_in("https://a.com")
    assert is_let_in("https://a.com", new)
    delete_plugin_token(token.public_id, **change())
    assert not is_let_in("https://a.com", new)


def test_known_token_costs_no_query(client, settings, django_assert_num_queries):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 60
    _, value = make_token()
    authorize(client, value, "https://example.com")

    with django_assert_num_queries(0):
        assert authorize(client, value, "https://example.com").status_code == 200


def test_use_is_taken_down_and_a_refusal_is_not(client):
    _, value = make_token()

    authorize(client, value, "https://evil.org")
    assert PluginToken.objects.get().last_used_at is None
    authorize(client, value, "https://example.com")
    assert PluginToken.objects.get().last_used_at is not None


def test_known_token_serves_while_the_database_is_away(client, settings):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 0.0
    _, value = make_token()
    _, unknown = make_token("unknown to this process")
    authorize(client, value, "https://example.com")

    with connection.execute_wrapper(_fail):
        known = authorize(client, value, "https://example.com")
        refused = authorize(client, unknown, "https://example.com")

    assert known.status_code == 200
    assert _refusal(refused) == (503, {"allowed": False, "code": "state_unknown"})
    assert refused["Retry-After"] == "1"


def _fail(*arguments):
    raise OperationalError("gone")
