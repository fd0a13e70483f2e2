from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from unittest.mock import Mock

import pytest
from django.utils import timezone

from apikeys.access import tokens
from apikeys.changes.actors import OPERATOR
from apikeys.keys.models import ApiKey, KeySecret
from apikeys.keys.rotation import rotate_key
from apikeys.keys.services import deactivate_key, delete_key
from apikeys.keys.values import KeySettings
from tests.apikeys.presenting import FAULTS, WAYS
from tests.factories import IssuedFactory, LocationFactory, PersonFactory, RoleFactory

pytestmark = pytest.mark.django_db

URL = "/api/whoami"


def _bearer(token):
    return {"Authorization": f"Bearer {token.text}"}


def test_key_is_told_all_about_itself(client):
    role = RoleFactory(name="Support", permissions=["apikeys.view_apikey"])
    expires_at = timezone.now() + timedelta(days=1)
    issued = IssuedFactory(
        roles=[role],
        location=LocationFactory(name="North"),
        expires_at=expires_at,
        fields=KeySettings(
            "Billing", ("127.0.0.0/8", "::1/128"), ("/api/egress/*", "/api/ingress/x")
        ),
    )

    response = client.get(URL, headers=_bearer(issued.token))

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == {
        "id": issued.key.key_id,
        "name": "Billing",
        "type": "v1",
        "location": "North",
        "roles": ["Support"],
        "permissions": ["apikeys.view_apikey"],
        "expires_at": expires_at.isoformat().replace("+00:00", "Z"),
        "address": "127.0.0.1",
        "networks": ["127.0.0.0/8", "::1/128"],
        "endpoints": ["/api/egress/*", "/api/ingress/x"],
        "read_only": False,
        "rotation": None,
    }


def test_open_key_of_the_agency_has_empty_facts(client):
    issued = IssuedFactory(expires_at=None, fields=KeySettings("Open"))

    body = client.get(URL, headers=_bearer(issued.token), REMOTE_ADDR="").json()

    assert {name: body[name] for name in ("location", "expires_at", "address")} == {
        "location": None,
        "expires_at": None,
        "address": None,
    }
    assert (body["networks"], body["endpoints"]) == ([], [])


def test_key_is_told_its_methods_and_that_it_is_read_only(client):
    issued = IssuedFactory(
        fields__endpoints=("GET,POST /api/egress/*",), fields__read_only=True
    )

    body = client.get(URL, headers=_bearer(issued.token)).json()

    assert (body["endpoints"], body["read_only"]) == (["GET,POST /api/egress/*"], True)


@pytest.mark.parametrize(
    "key_type",
    ["v1", "v2", "webservice_standard", "webservice_premium", "manage_consents", "sms"],
)
def test_every_type_may_ask(key_type, client):
    issued = IssuedFactory(key_type=key_type)

    response = client.get(URL, headers=_bearer(issued.token))

    assert (response.status_code, response.json()["type"]) == (200, key_type)


def test_rotation_tells_which_secret_was_presented(client):
    issued = IssuedFactory()
    rotated = rotate_key(
        issued.key.key_id,
        overlap=timedelta(days=1),
        actor=OPERATOR,
        at=timezone.now(),
    )
    ends: Any = KeySecret.objects.get(expires_at__isnull=False).expires_at

    answers = [
        client.get(URL, headers=_bearer(made.token)).json()["rotation"]
        for made in (issued, rotated)
    ]

    ends_at = ends.isoformat().replace("+00:00", "Z")
    assert answers == [
        {"overlap_ends_at": ends_at, "presented": "old"},
        {"overlap_ends_at": ends_at, "presented": "new"},
    ]


def test_rotation_is_over_when_the_overlap_has_ended(client):
    issued = IssuedFactory(at=timezone.now() - timedelta(days=2))
    rotated = rotate_key(
        issued.key.key_id,
        overlap=timedelta(days=1),
        actor=OPERATOR,
        at=timezone.now() - timedelta(days=2),
    )

    body = client.get(URL, headers=_bearer(rotated.token)).json()

    assert body["rotation"] is None


def _halves(token, names):
    return dict(zip(names, (token.public_id, token.secret), strict=True))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(_bearer, id="bearer"),
        pytest.param(
            lambda token: _halves(token, ("tld-api-id", "tld-api-key")), id="tld-pair"
        ),
        pytest.param(
            lambda token: _halves(token, ("X-Api-Id", "X-Api-Key")), id="x-pair"
        ),
    ],
)
def test_credential_may_stand_in(headers, client):
    issued = IssuedFactory()

    response = client.get(URL, headers=headers(issued.token))

    assert (response.status_code, response.json()["id"]) == (200, issued.key.key_id)


@pytest.mark.parametrize("way", WAYS)
def test_credential_may_be_sent_as_other_products_do(way, client):
    issued = IssuedFactory()

    response = client.get(URL, headers=WAYS[way](issued.token))

    assert (response.status_code, response.json()["id"]) == (200, issued.key.key_id)


@pytest.mark.parametrize("way", FAULTS)
def test_refusal_says_what_to_send_instead(way, client, assert_problem):
    headers, detail = FAULTS[way](IssuedFactory().token)

    response = client.get(URL, headers=headers)

    body = assert_problem(response, 401, "credentials_malformed")
    assert body["detail"] == detail


def _no_credential(issued):
    return {}


def _other_scheme(issued):
    return {"Authorization": "Basic YTpi"}


def _wrong_secret(issued):
    return _bearer(tokens.with_new_secret(issued.token.public_id))


def _unknown_id(issued):
    return _bearer(tokens.generate())


def _deleted(issued):
    delete_key(issued.key.key_id, actor=OPERATOR, at=timezone.now())
    return _bearer(issued.token)


def _wrong_check(issued):
    changed = "1" if issued.token.text.endswith("0") else "0"
    return {"Authorization": f"Bearer {issued.token.text[:-1]}{changed}"}


def _inactive(issued):
    deactivate_key(issued.key.key_id, actor=OPERATOR, at=timezone.now())
    return _bearer(issued.token)


def _truncated(issued):
    return {"Authorization": f"Bearer {issued.token.text[:-1]}"}


def _two_keys(issued):
    other = _halves(IssuedFactory().token, ("x-api-id", "x-api-key"))
    return _bearer(issued.token) | other


def _not_ascii(issued):
    return {"Authorization": "Bearer \xff\xfe\x00"}


@pytest.mark.parametrize(
    ("attempt", "status", "code"),
    [
        (_no_credential, 401, "credentials_missing"),
        (_other_scheme, 401, "credentials_malformed"),
        (_truncated, 401, "credentials_malformed"),
        (_not_ascii, 401, "credentials_malformed"),
        (_two_keys, 400, "credentials_ambiguous"),
        (_wrong_check, 401, "credentials_invalid"),
        (_wrong_secret, 401, "credentials_invalid"),
        (_unknown_id, 401, "credentials_invalid"),
        (_deleted, 401, "credentials_invalid"),
        (_inactive, 401, "key_inactive"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_call_is_refused(attempt, status, code, client, assert_problem):
    headers = attempt(IssuedFactory())

    response = client.get(URL, headers=headers)

    assert_problem(response, status, code)
    assert not KeySecret.objects.exclude(last_used_at=None).exists()


def test_unproved_credentials_all_get_the_same_bytes(client):
    attempts = (_wrong_secret, _unknown_id, _deleted, _wrong_check)

    answers = {
        (response.status_code, response.content, str(sorted(response.items())))
        for response in (
            client.get(URL, headers=attempt(IssuedFactory())) for attempt in attempts
        )
    }

    assert len(answers) == 1


def test_expired_key_is_told_when(client, assert_problem):
    issued = IssuedFactory(
        at=timezone.now() - timedelta(days=2),
        expires_at=timezone.now() - timedelta(days=1),
    )

    response = client.get(URL, headers=_bearer(issued.token))

    body = assert_problem(response, 401, "key_expired")
    expiry = ApiKey.objects.get().expires_at
    assert body["detail"] == f"This key expired at {expiry:%Y-%m-%d %H:%M:%S} UTC."


def test_caller_outside_the_networks_is_told_its_address(client, assert_problem):
    issued = IssuedFactory(fields__networks=("192.0.2.0/24",))

    response = client.get(URL, headers=_bearer(issued.token))

    body = assert_problem(response, 403, "ip_not_allowed")
    assert "The caller's address 127.0.0.1 is in none" in body["detail"]


def test_forged_forwarded_address_helps_nobody(client, assert_problem):
    issued = IssuedFactory(fields__networks=("192.0.2.0/24",))
    headers = _bearer(issued.token) | {"X-Forwarded-For": "192.0.2.1"}

    assert_problem(client.get(URL, headers=headers), 403, "ip_not_allowed")


def test_forwarded_address_of_a_trusted_proxy_counts(client, settings):
    settings.TRUSTED_PROXIES = (ip_network("127.0.0.0/8"),)
    issued = IssuedFactory(fields__networks=("192.0.2.0/24",))
    headers = _bearer(issued.token) | {
        "X-Forwarded-For": "203.0.113.1, ::ffff:192.0.2.1"
    }

    response = client.get(URL, headers=headers)

    assert (response.status_code, response.json()["address"]) == (200, "192.0.2.1")


def test_proxy_that_tells_no_address_leaves_it_unknown(
    client, settings, assert_problem
):
    settings.TRUSTED_PROXIES = (ip_network("127.0.0.0/8"),)
    issued = IssuedFactory(fields__networks=("127.0.0.0/8",))

    response = client.get(URL, headers=_bearer(issued.token))

    assert_problem(response, 403, "ip_not_allowed")


def test_session_does_not_authenticate(client, admin_user, assert_problem):
    client.force_login(admin_user)

    assert_problem(client.get(URL), 401, "credentials_missing")


def test_session_rescues_no_bad_token(client, admin_user, assert_problem):
    client.force_login(admin_user)

    for url in (URL, "/api/schema", "/api/docs"):
        response = client.get(url, headers=_bearer(tokens.generate()))
        assert_problem(response, 401, "credentials_invalid")


def test_person_of_staff_is_no_key(client, assert_problem):
    client.force_login(PersonFactory())

    assert_problem(client.get(URL), 401, "credentials_missing")


def test_good_call_is_a_use_and_a_refused_one_is_none(client):
    issued = IssuedFactory(fields__networks=("127.0.0.1/32",))

    client.get(URL, headers=_bearer(issued.token), REMOTE_ADDR="192.0.2.1")
    assert KeySecret.objects.get().last_used_at is None

    before = timezone.now()
    client.get(URL, headers=_bearer(issued.token))
    secret: Any = KeySecret.objects.get()
    assert before <= secret.last_used_at <= timezone.now()
    assert secret.last_used_address == "127.0.0.1"


def test_cached_key_costs_no_query(client, settings, django_assert_num_queries):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 60
    issued = IssuedFactory()
    client.get(URL, headers=_bearer(issued.token))

    with django_assert_num_queries(0):
        response = client.get(URL, headers=_bearer(issued.token))

    assert response.json()["id"] == issued.key.key_id


def test_call_that_passed_is_refused_from_the_instant_of_expiry(
    client, monkeypatch, assert_problem
):
    issued = IssuedFactory(expires_at=timezone.now() + timedelta(days=1))
    assert client.get(URL, headers=_bearer(issued.token)).status_code == 200

    clock = Mock(now=lambda zone: issued.key.expires_at)
    monkeypatch.setattr("apikeys.api.authentication.datetime", clock)

    response = client.get(URL, headers=_bearer(issued.token))
    assert_problem(response, 401, "key_expired")


def test_plain_http_is_refused_and_not_redirected(client, settings, assert_problem):
    settings.SECURE_SSL_REDIRECT = True
    issued = IssuedFactory()

    response = client.get(URL, headers=_bearer(issued.token))
    assert_problem(response, 403, "https_required")

    assert_problem(client.get(URL), 401, "credentials_missing")
    secure = client.get(URL, headers=_bearer(issued.token), secure=True)
    assert secure.status_code == 200


def test_own_type_is_kept_to_its_paths(client, assert_problem):
    issued = IssuedFactory(key_type="sms")

    response = client.get("/api/egress/leads", headers=_bearer(issued.token))

    assert_problem(response, 403, "type_not_allowed")
