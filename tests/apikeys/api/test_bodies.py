"""Bodies that would be read as empty or as nonsense, and where credentials are sought."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.apikeys.api.conftest import bearer
from tests.factories import IssuedFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.apikeys.api.echo_urls"),
]

URL = "/api/egress/echo"
TOKENS_URL = "/api/api-tokens"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
# As a WSGI server hands it over: framed, without a length.
CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}


@pytest.mark.parametrize("terminated", [True, False])
@pytest.mark.parametrize("coding", ["chunked", "Chunked", "gzip, chunked"])
def test_body_whose_end_the_server_does_not_tell_is_refused(
    coding, terminated, call, assert_problem
):
    environ = CHUNKED | {
        "HTTP_TRANSFER_ENCODING": coding,
        "wsgi.input_terminated": terminated,
    }

    response = call(URL, "post", data={"a": 1}, content_type=JSON, **environ)

    assert_problem(response, 411, "length_required")


def test_credentials_in_such_a_body_are_not_called_missing(client, assert_problem):
    key = IssuedFactory(fields__accepts_parameters=True)
    body = {"api": key.token.public_id, "apikey": key.token.secret}

    response = client.post(URL, body, content_type=JSON, **CHUNKED)

    assert_problem(response, 411, "length_required")


def test_other_family_says_it_in_its_own_shape(client, issued):
    response = client.post(
        TOKENS_URL, {"name": "n"}, JSON, headers=bearer(issued), **CHUNKED
    )

    assert response.status_code == 411
    assert response.json() == {
        "message": "This server cannot read a body in chunks."
        " Send it with a Content-Length."
    }


@pytest.mark.parametrize("coding", ["gzip", "br", "GZIP", "identity, gzip", "x"])
@pytest.mark.parametrize("content_type", [JSON, FORM])
def test_compressed_body_is_refused(content_type, coding, call, assert_problem):
    response = call(
        URL,
        "post",
        data=gzip.compress(b'{"a": 1}'),
        content_type=content_type,
        headers={"Content-Encoding": coding},
    )

    assert_problem(response, 415, "body_compressed")


@pytest.mark.parametrize("coding", ["", "identity", " Identity "])
def test_body_that_is_not_compressed_is_read(coding, call):
    response = call(
        URL,
        "post",
        data=b'{"a": 1}',
        content_type=JSON,
        headers={"Content-Encoding": coding},
    )

    assert response.json()["data"] == {"a": 1}


def test_call_without_a_body_may_name_a_coding(call):
    response = call(URL, headers={"Content-Encoding": "gzip"})

    assert response.status_code == 200


@pytest.mark.parametrize("content_type", [JSON, f"{JSON}; charset=utf-8"])
def test_json_may_begin_with_a_byte_order_mark(content_type, call):
    body = b"\xef\xbb\xbf" + '{"a": "ü"}'.encode()

    response = call(URL, "post", data=body, content_type=content_type)

    assert response.json()["data"] == {"a": "ü"}


def test_credentials_are_found_after_a_byte_order_mark(client):
    key = IssuedFactory(fields__accepts_parameters=True)
    pair = {"api": key.token.public_id, "apikey": key.token.secret}
    body = b"\xef\xbb\xbf" + json.dumps(pair | {"a": 1}).encode()

    response = client.post(URL, body, content_type=JSON)

    assert (response.status_code, response.json()["data"]) == (200, {"a": 1})


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        (JSON, b'{"api": "x", "apikey": "y"}', {"api": "x", "apikey": "y"}),
        (FORM, b"api_id=x&api_key=y", {"api_id": ["x"], "api_key": ["y"]}),
    ],
)
def test_body_is_not_searched_beside_a_credential_in_a_header(
    content_type, body, expected, call
):
    response = call(URL, "post", data=body, content_type=content_type)

    assert (response.status_code, response.json()["data"]) == (200, expected)


def test_body_is_not_searched_beside_a_credential_that_is_refused(
    client, assert_problem
):
    key = IssuedFactory(fields__accepts_parameters=True)
    body = {"api": key.token.public_id, "apikey": key.token.secret}

    response = client.post(
        URL, body, content_type=JSON, headers={"Authorization": "Bearer kd_WRONG"}
    )

    assert_problem(response, 401, "credentials_malformed")


def test_body_is_searched_beside_an_authorization_that_is_no_key(client):
    key = IssuedFactory(fields__accepts_parameters=True)
    body = {"api": key.token.public_id, "apikey": key.token.secret, "a": 1}

    response = client.post(
        URL, body, content_type=JSON, headers={"Authorization": "Digest username=x"}
    )

    assert (response.status_code, response.json()["data"]) == (200, {"a": 1})
