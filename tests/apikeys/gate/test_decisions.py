from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.access import tokens
from apikeys.changes.actors import OPERATOR
from apikeys.keys.models import ApiKey, KeySecret
from apikeys.keys.services import deactivate_key, delete_key
from apikeys.keys.values import KeySettings
from tests.apikeys.gate.asking import (
    API_HEADERS,
    CALLER,
    PROXY,
    TARGET,
    assert_allowed,
    assert_refused,
    bearer,
    from_elsewhere,
    pair,
    query,
    wrong_secret,
)
from tests.apikeys.presenting import FAULTS, WAYS
from tests.factories import IssuedFactory, LocationFactory, RoleFactory

pytestmark = pytest.mark.django_db


def test_allowed_call_tells_the_upstream_who_calls(ask):
    roles = [RoleFactory(name="Help desk, 2nd"), RoleFactory(name="Ünit/b")]
    issued = IssuedFactory(
        location=LocationFactory(name="Zürich"),
        roles=roles,
        fields=KeySettings("Any"),
    )
    # No entrance takes a line end in a name; a header must not break on one either.
    ApiKey.objects.update(name="Größe 100 %, \n日本")

    answer = ask(**bearer(issued))

    assert_allowed(answer, issued)
    assert {name: answer.headers[name] for name in API_HEADERS} == {
        "X-Api-Key-Id": issued.key.key_id,
        "X-Api-Key-Name": "Gr%C3%B6%C3%9Fe%20100%20%25%2C%20%0A%E6%97%A5%E6%9C%AC",
        "X-Api-Location": "Z%C3%BCrich",
        "X-Api-Roles": "Help%20desk%2C%202nd,%C3%9Cnit/b",
    }


def test_key_without_location_and_roles_sends_every_header_all_the_same(ask, settings):
    settings.KEY_TYPE_EXTRA_PATHS = {"sms": ["/crm"]}
    issued = IssuedFactory(
        key_type="sms", fields=KeySettings("Texts", ("192.0.2.0/24",))
    )

    answer = ask(**bearer(issued), HTTP_X_ORIGINAL_URI="/crm/x")

    assert_allowed(answer, issued)
    assert answer.headers["X-Api-Location"] == "*"
    assert answer.headers["X-Api-Roles"] == ""


def test_location_that_is_named_like_the_agencys_value_is_another(ask):
    issued = IssuedFactory(
        location=LocationFactory(name="*"), fields=KeySettings("Starred")
    )

    answer = ask(**bearer(issued))

    assert_allowed(answer, issued)
    assert answer.headers["X-Api-Location"] == "%2A"


@pytest.mark.parametrize(
    "credential",
    [
        pytest.param(bearer, id="bearer"),
        pytest.param(pair, id="x-pair"),
        pytest.param(
            lambda issued: pair(issued, ("HTTP_TLD_API_ID", "HTTP_TLD_API_KEY")),
            id="tld-pair",
        ),
        pytest.param(lambda issued: bearer(issued) | pair(issued), id="both-the-same"),
    ],
)
def test_credential_is_taken_from(credential, ask, issued):
    assert_allowed(ask(**credential(issued)), issued)


@pytest.mark.parametrize("way", WAYS)
def test_credential_may_be_sent_as_other_products_do(way, ask, issued):
    assert_allowed(ask(**_environ(WAYS[way](issued.token))), issued)


@pytest.mark.parametrize("way", FAULTS)
def test_refusal_says_what_to_send_instead(way, ask, issued):
    headers, detail = FAULTS[way](issued.token)

    answer = ask(**_environ(headers))

    body = assert_refused(answer, 401, "credentials_malformed")
    assert body["detail"] == detail
    assert json.loads(answer.headers["X-Refusal-Body"]) == body


def test_key_in_headers_stands_beside_an_authorization_of_the_host(ask, issued):
    for authorization in ("Token of-the-host", "Basic YTpi", "Basic %"):
        answer = ask(**pair(issued), HTTP_AUTHORIZATION=authorization)

        assert_allowed(answer, issued)


def test_two_keys_are_refused_where_one_stands_in_basic(ask, issued):
    other = WAYS["basic-id-and-secret"](IssuedFactory().token)

    answer = ask(**pair(issued), **_environ(other))

    assert_refused(answer, 401, "credentials_ambiguous")


def _environ(headers):
    return {
        "HTTP_" + name.upper().replace("-", "_"): value
        for name, value in headers.items()
    }


def test_query_parameters_are_taken_where_the_key_allows_it(ask):
    issued = IssuedFactory(
        fields=KeySettings("Billing", endpoints=(TARGET,), accepts_parameters=True)
    )

    assert_allowed(ask(**query(issued)), issued)


def _nothing(issued):
    return {}


def _malformed(issued):
    return {"HTTP_AUTHORIZATION": f"Bearer {issued.token.text[:-1]}"}


def _two_keys(issued):
    return bearer(issued) | pair(IssuedFactory())


def _unknown(issued):
    return {"HTTP_AUTHORIZATION": f"Bearer {tokens.generate().text}"}


def _deleted(issued):
    delete_key(issued.key.key_id, actor=OPERATOR, at=timezone.now())
    return bearer(issued)


def _inactive(issued):
    deactivate_key(issued.key.key_id, actor=OPERATOR, at=timezone.now())
    return bearer(issued)


def _expired(issued):
    expired = IssuedFactory(
        at=timezone.now() - timedelta(days=2),
        expires_at=timezone.now() - timedelta(seconds=1),
    )
    return bearer(expired)


def _forged_hop(issued):
    return bearer(issued) | {"HTTP_X_FORWARDED_FOR": f"{CALLER}, 198.51.100.1"}


def _unknown_address(issued):
    return bearer(issued) | {"HTTP_X_FORWARDED_FOR": None}


def _unusable_address(issued):
    return bearer(issued) | {"HTTP_X_FORWARDED_FOR": "unknown"}


def _other_type(issued):
    return bearer(issued) | {"HTTP_X_ORIGINAL_URI": "/api/v2/leads"}


def _other_endpoint(issued):
    return bearer(issued) | {"HTTP_X_ORIGINAL_URI": "/api/ingress/leads"}


def _untrusted_peer(issued):
    return bearer(issued) | {"REMOTE_ADDR": "192.0.2.7"}


def _unix_socket(issued):
    return bearer(issued) | {"REMOTE_ADDR": ""}


def _no_method(issued):
    return bearer(issued) | {"HTTP_X_ORIGINAL_METHOD": None}


def _empty_method(issued):
    return bearer(issued) | {"HTTP_X_ORIGINAL_METHOD": ""}


def _no_target(issued):
    return bearer(issued) | {"HTTP_X_ORIGINAL_URI": None}


def _other_family(issued):
    return bearer(issued) | {
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
        (wrong_secret, 401, "credentials_invalid"),
        (_unknown, 401, "credentials_invalid"),
        (_deleted, 401, "credentials_invalid"),
        (query, 401, "credentials_in_parameters"),
        (_inactive, 401, "key_inactive"),
        (_expired, 401, "key_expired"),
        (from_elsewhere, 403, "ip_not_allowed"),
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

    assert_refused(ask(**bearer(issued)), 403, "peer_not_trusted")


def test_mapped_address_of_a_proxy_is_trusted(ask, issued):
    assert_allowed(ask(**bearer(issued), REMOTE_ADDR=f"::ffff:{PROXY}"), issued)


def test_unknown_address_passes_where_the_key_is_open(ask):
    issued = IssuedFactory(fields=KeySettings("Open"))

    assert_allowed(ask(**bearer(issued), HTTP_X_FORWARDED_FOR=None), issued)


def test_forwarded_family_is_read_where_it_is_set(ask, issued, settings):
    settings.GATE_HEADERS = "forwarded"
    forwarded = {"HTTP_X_FORWARDED_METHOD": "POST", "HTTP_X_FORWARDED_URI": TARGET}

    assert_allowed(ask(**bearer(issued), **forwarded), issued)
    assert_refused(ask(**bearer(issued)), 403, "gate_headers_missing")


def test_headers_of_the_other_family_change_nothing(ask, issued):
    spoofed = {
        "HTTP_X_FORWARDED_METHOD": "GET",
        "HTTP_X_FORWARDED_URI": TARGET,
        "HTTP_X_ORIGINAL_URI": "/api/ingress/x",
    }

    answer = ask(**bearer(issued), **spoofed)

    assert_refused(answer, 403, "endpoint_not_allowed")


def test_refusal_stands_in_a_header_too_for_proxies_that_drop_the_body(ask, issued):
    answer = ask(**_other_endpoint(issued))

    body = assert_refused(answer, 403, "endpoint_not_allowed")
    assert json.loads(answer.headers["X-Refusal-Body"]) == body


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        pytest.param("GET", "/api/api-tokens", (200, None), id="declared"),
        pytest.param("HEAD", "/api/api-tokens/", (200, None), id="head-is-get"),
        pytest.param(
            "PURGE", "/api/api-tokens", (403, "method_not_allowed"), id="without-a-row"
        ),
        pytest.param(
            "PUT", "/api/api-tokens/x", (403, "method_not_allowed"), id="of-one-token"
        ),
        pytest.param(
            "DELETE", "/api/whoami", (403, "method_not_allowed"), id="of-every-key"
        ),
        pytest.param("PURGE", "/api/egress/leads", (200, None), id="the-host-crms"),
        pytest.param(
            "GET", "/api/api-tokens/x/y/z", (200, None), id="no-route-of-ours"
        ),
    ],
)
def test_route_of_ours_is_closed_to_methods_without_a_row(
    ask, method, target, expected
):
    issued = IssuedFactory(fields=KeySettings("All", ("192.0.2.0/24",)))

    answer = ask(
        **bearer(issued), HTTP_X_ORIGINAL_METHOD=method, HTTP_X_ORIGINAL_URI=target
    )

    assert (answer.status, answer.headers.get("X-Refusal")) == expected


def test_refusal_of_another_scheme_holds_no_secret(ask, issued):
    answer = ask(HTTP_AUTHORIZATION=f"Token {issued.token.text}")

    assert_refused(answer, 401, "credentials_malformed")
    assert issued.token.secret not in str(answer.headers)
