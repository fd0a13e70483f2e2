"""What `/api/api-tokens` refuses, with which status and which text."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError, connection
from rest_framework.request import Request

from apikeys.access.refusals import KEY_EXPIRED, KEY_INACTIVE
from apikeys.api.families import Refused, Said
from apikeys.api.views import WhoamiView
from apikeys.audit.models import AuditEntry
from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.topol.authentication import CallingToken, caller_of
from apikeys.plugin_tokens.topol.authorize import AuthorizeView
from apikeys.plugin_tokens.topol.errors import TopolErrors
from apikeys.plugin_tokens.topol.views import PluginTokenViewSet
from tests.plugin_tokens import (
    JSON,
    UNKNOWN_ID,
    bearer,
    make_token,
)

pytestmark = pytest.mark.django_db

NOT_FOUND = b'{"message":"There is no plugin token with this ID."}'


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        ({"domains": "a.com"}, "name", "This field is required."),
        ({"name": "", "domains": "a.com"}, "name", "A name is needed."),
        ({"name": " \t", "domains": "a.com"}, "name", "A name is needed."),
        (
            {"name": "x" * 256, "domains": "a.com"},
            "name",
            "A name has at most 255 characters.",
        ),
        (
            {"name": "a\u0000b", "domains": "a.com"},
            "name",
            "Use letters, digits and signs in one line.",
        ),
        (
            {"name": "a\ud800b", "domains": "a.com"},
            "name",
            "Use letters, digits and signs in one line.",
        ),
        ({"name": 7, "domains": "a.com"}, "name", "This must be a text."),
        ({"name": None, "domains": "a.com"}, "name", "This field may not be null."),
        ({"name": "a"}, "domains", "This field is required."),
        ({"name": "a", "domains": ""}, "domains", "At least one domain is needed."),
        ({"name": "a", "domains": " ,, "}, "domains", "At least one domain is needed."),
        ({"name": "a", "domains": ["a.com"]}, "domains", "This must be a text."),
        (
            {"name": "a", "domains": "ftp://a.com"},
            "domains",
            "“ftp://a.com” is the address of no site or app.",
        ),
        (
            {"name": "a", "domains": "a.com\\x"},
            "domains",
            "“a.com\\x” has a path; write the domain alone.",
        ),
        (
            {"name": "a", "domains": "*.a.com"},
            "domains",
            "“*.a.com” has a wildcard; a domain covers its subdomains without one.",
        ),
        (
            {"name": "a", "domains": "\ud800.com"},
            "domains",
            "“?.com” is not a valid domain name.",
        ),
        (
            {"name": "a", "domains": ("a" * 60 + ".com,") * 100},
            "domains",
            "The domains have at most 5000 characters together.",
        ),
    ],
)
def test_value_that_does_not_fit_is_named(api, body, field, text):
    response = api("POST", "/api/api-tokens", body)

    assert response.status_code == 422
    assert response.json() == {"message": text, "errors": {field: [text]}}
    assert not PluginToken.objects.exists()


def test_every_wrong_value_is_named_at_once(api):
    response = api("POST", "/api/api-tokens", {"name": "", "domains": "a_b,c_d,a_b"})

    assert response.json() == {
        "message": "A name is needed.",
        "errors": {
            "name": ["A name is needed."],
            "domains": [
                "“a_b” is not a valid domain name.",
                "“c_d” is not a valid domain name.",
            ],
        },
    }


def test_longest_name_is_taken_and_audited_whole(api):
    name = "n" * 255

    response = api("POST", "/api/api-tokens", {"name": name, "domains": "a.com"})

    assert response.json()["data"]["name"] == name
    assert AuditEntry.objects.latest("pk").subject_name == name


def test_merged_domains_have_at_most_5000_characters(api):
    # 41 of 119 characters and a comma each, less the last comma.
    names = [f"{n:059}.{'a' * 55}.com" for n in range(41)]
    token, _ = make_token(domains=",".join(names))
    path = f"/api/api-tokens/{token.public_id}/add-domains"

    fits = api("POST", path, {"domains": "b" * 60 + "." + "c" * 19})
    too_long = api("POST", path, {"domains": "d.e"})

    assert len(fits.json()["data"]["domains"]) == 5000
    assert fits.status_code == 200
    assert too_long.status_code == 422
    text = "The domains have at most 5000 characters together."
    assert too_long.json() == {"message": text, "errors": {"domains": [text]}}
    assert len(PluginToken.objects.get().domains) == 42


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null"])
def test_body_that_is_no_object_is_422(client, full_key, body):
    response = client.post("/api/api-tokens", body, JSON, **bearer(full_key))

    assert response.status_code == 422
    assert list(response.json()) == ["message", "errors"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("{", JSON),
        ("[" * 60_000, JSON),
        ("{}", "application/json; charset=hex"),
        ("&".join(f"a{n}=b" for n in range(2000)), "application/x-www-form-urlencoded"),
    ],
)
def test_body_that_cannot_be_read_is_400(client, full_key, body, content_type):
    response = client.generic(
        "POST", "/api/api-tokens", body, content_type, **bearer(full_key)
    )

    assert response.status_code == 400
    assert list(response.json()) == ["message"]


def test_other_content_type_is_415(client, full_key):
    response = client.post("/api/api-tokens", "<a/>", "text/xml", **bearer(full_key))

    assert response.status_code == 415
    assert response.json() == {
        "message": 'Unsupported media type "text/xml" in request.'
    }


def test_body_beyond_64_kb_is_413(client, full_key):
    body = json.dumps({"name": "a", "domains": "a.com", "more": "x" * 65536})

    response = client.post("/api/api-tokens", body, JSON, **bearer(full_key))

    assert response.status_code == 413
    assert response.json() == {"message": "The body has at most 65536 bytes."}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/api-tokens", "GET, POST, HEAD"),
        ("DELETE", "/api/api-tokens", "GET, POST, HEAD"),
        ("OPTIONS", "/api/api-tokens", "GET, POST, HEAD"),
        ("POST", f"/api/api-tokens/{UNKNOWN_ID}", "GET, DELETE, HEAD"),
        ("PATCH", f"/api/api-tokens/{UNKNOWN_ID}", "GET, DELETE, HEAD"),
        ("GET", f"/api/api-tokens/{UNKNOWN_ID}/add-domains", "POST"),
        ("DELETE", f"/api/api-tokens/{UNKNOWN_ID}/delete-domains", "POST"),
    ],
)
def test_other_method_is_405_and_names_those_that_are_allowed(
    api, method, path, allowed
):
    response = api(method, path)

    assert response.status_code == 405
    assert response.json() == {"message": f'Method "{method}" not allowed.'}
    assert set(response["Allow"].split(", ")) == set(allowed.split(", "))


@pytest.mark.parametrize(
    "extra",
    [
        {},
        bearer(""),
        bearer("kd_0000000000000000_" + "a" * 38),
        bearer("kp_0000000000000000_" + "a" * 38),
        bearer("no token"),
        {"HTTP_AUTHORIZATION": "Basic a2V5OmtleQ=="},
    ],
)
def test_call_without_a_good_credential_is_401_with_a_challenge(client, extra):
    response = client.get("/api/api-tokens", **extra)

    assert response.status_code == 401
    assert list(response.json()) == ["message"]
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_two_credentials_are_400(client, full_key):
    _, value = make_token(marked=True)
    key_id, _, secret = full_key.rpartition("_")

    response = client.get(
        "/api/api-tokens",
        **bearer(value),
        HTTP_X_API_ID=key_id,
        HTTP_X_API_KEY=secret,
    )

    assert response.status_code == 400


def test_header_pair_of_a_key_does_as_well(client, full_key):
    key_id, _, secret = full_key.rpartition("_")

    response = client.get(
        "/api/api-tokens", HTTP_TLD_API_ID=key_id, HTTP_TLD_API_KEY=secret
    )

    assert response.json() == {"data": []}


def test_plain_http_is_refused_where_https_is_demanded(client, full_key, settings):
    settings.SECURE_SSL_REDIRECT = True
    _, value = make_token(marked=True)

    for text in (full_key, value):
        response = client.get("/api/api-tokens", **bearer(text))
        assert response.status_code == 403
        assert response.json()["message"].startswith("This call came over plain HTTP.")


@pytest.mark.parametrize(
    "token_id",
    [
        UNKNOWN_ID,
        "1",
        "not-a-uuid",
        "{00000000-0000-4000-8000-000000000000}",
        "00000000000040008000000000000000",
        "urn:uuid:00000000-0000-4000-8000-000000000000",
    ],
)
def test_unknown_and_malformed_ids_are_404_with_the_same_bytes(api, token_id):
    path = f"/api/api-tokens/{token_id}"
    body = {"domains": "a.com"}

    responses = [
        api("GET", path),
        api("DELETE", path),
        api("POST", f"{path}/add-domains", body),
        api("POST", f"{path}/delete-domains", body),
    ]

    assert {(r.status_code, r.content) for r in responses} == {(404, NOT_FOUND)}


def test_id_in_capitals_is_the_same_id(api):
    token, _ = make_token()

    response = api("GET", f"/api/api-tokens/{str(token.public_id).upper()}")

    assert response.json()["data"]["id"] == str(token.public_id)


@pytest.mark.parametrize("path", ["/api/api-tokens", "/api/plugin/authorize"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded; charset=punycode", "token=a%FF"),
        (
            "multipart/form-data; boundary=b; charset=idna",
            '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\na\r\n--b--\r\n',
        ),
    ],
)
def test_charset_that_only_python_has_is_400(
    client, full_key, path, content_type, body
):
    response = client.generic("POST", path, body, content_type, **bearer(full_key))

    assert response.status_code == 400


def test_outage_is_503_for_a_marked_token_too(client):
    _, value = make_token(marked=True)

    with connection.execute_wrapper(_fail):
        response = client.get("/api/api-tokens", **bearer(value))

    assert response.status_code == 503
    assert response["Retry-After"] == "1"


@pytest.mark.parametrize("view", [PluginTokenViewSet, AuthorizeView, WhoamiView])
def test_errors_that_nobody_expects_are_left_to_django(view):
    handle = view().get_exception_handler()

    assert handle(RuntimeError(), {}) is None


class OtherwiseView(TopolErrors):
    refusals_said = {"key_inactive": Said(418, "Wrong Credentials")}


def test_family_says_a_refusal_by_its_own_table():
    handle = OtherwiseView().get_exception_handler()

    said = handle(Refused(KEY_INACTIVE), {})
    other = handle(Refused(KEY_EXPIRED), {})

    assert (said.status_code, said.data) == (418, {"message": "Wrong Credentials"})
    assert (other.status_code, other.data) == (401, {"message": KEY_EXPIRED.detail})


def test_caller_of_a_call_that_was_not_authenticated_is_a_mistake(rf):
    request = Request(rf.get("/"))

    with pytest.raises(TypeError):
        caller_of(request)


def test_calling_token_goes_by_its_name():
    assert str(CallingToken("acme")) == "acme"


def test_database_that_is_away_is_503(client, full_key):
    with connection.execute_wrapper(_fail):
        response = client.get("/api/api-tokens", **bearer(full_key))

    assert response.status_code == 503
    assert response["Retry-After"] == "1"
    assert list(response.json()) == ["message"]


def _fail(*arguments):
    raise OperationalError("gone")
