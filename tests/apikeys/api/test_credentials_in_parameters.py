from __future__ import annotations

import json
import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apikeys.keys.models import KeySecret
from tests.factories import IssuedFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.apikeys.api.echo_urls"),
]

URL = "/api/egress/echo"
PAIRS = [("api", "apikey"), ("api_id", "api_key")]
METHODS = ["get", "post", "put", "patch", "delete"]
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "boundary"


def _multipart(values: dict[str, str]) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in values.items()
    ]
    return "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode()


def _form(values: dict[str, str]) -> bytes:
    return "&".join(f"{name}={value}" for name, value in values.items()).encode()


BODIES = {
    "form": (_form, FORM),
    "json": (lambda values: json.dumps(values).encode(), "application/json"),
    "multipart": (_multipart, f"multipart/form-data; boundary={BOUNDARY}"),
}


@pytest.fixture
def on():
    return IssuedFactory(fields__accepts_parameters=True)


@pytest.fixture
def off():
    return IssuedFactory(fields__accepts_parameters=False)


def _values(issued, pair=PAIRS[0], **others):
    return (
        dict(zip(pair, (issued.token.public_id, issued.token.secret), strict=True))
        | others
    )


def _send(client, carrier, method, values):
    if carrier == "query":
        return client.generic(method.upper(), f"{URL}?{_form(values).decode()}")
    make, content_type = BODIES[carrier]
    return client.generic(
        method.upper(), URL, data=make(values), content_type=content_type
    )


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("carrier", ["query", *BODIES])
def test_key_that_accepts_parameters_is_let_in_and_they_are_removed(
    carrier, method, pair, client, on
):
    response = _send(client, carrier, method, _values(on, pair, limit="5"))

    assert response.status_code == 200
    body = response.json()
    assert body["key"] == on.key.key_id
    rest = {"limit": "5" if carrier == "json" else ["5"]}
    if carrier == "query":
        assert body["query"] == body["django_get"] == {"limit": ["5"]}
        assert (body["query_string"], body["url"]) == ("limit=5", f"{URL}?limit=5")
        assert body["data"] == {}
    else:
        assert (body["query"], body["data"]) == ({}, rest)
    assert on.token.secret not in response.text


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("carrier", ["query", *BODIES])
def test_key_that_does_not_accept_parameters_is_told_the_headers(
    carrier, method, client, off, assert_problem
):
    response = _send(client, carrier, method, _values(off))

    body = assert_problem(response, 400, "credentials_in_parameters")
    assert body["detail"] == (
        "This key does not accept credentials as parameters. Send them in a header"
        " instead: Authorization: Bearer or Basic, tld-api-id and tld-api-key, x-api-id"
        " and x-api-key, or the whole token alone in tld-api-key or x-api-key."
    )
    assert KeySecret.objects.get().last_used_at is None


@pytest.mark.parametrize("carrier", ["query", *BODIES])
def test_wrong_secret_in_parameters_is_told_no_more_than_elsewhere(
    carrier, client, off, on, assert_problem
):
    for issued in (off, on):
        values = _values(issued) | {"apikey": IssuedFactory().token.secret}

        response = _send(client, carrier, "post", values)

        assert_problem(response, 401, "credentials_invalid")


@pytest.mark.parametrize("carrier", list(BODIES))
def test_halves_in_query_and_body_are_no_pair(carrier, client, on, assert_problem):
    make, content_type = BODIES[carrier]

    response = client.post(
        f"{URL}?api={on.token.public_id}",
        data=make({"apikey": on.token.secret}),
        content_type=content_type,
    )

    assert_problem(response, 401, "credentials_malformed")


def test_same_key_in_header_and_query_is_removed_from_the_query(client, on):
    values = _values(on)

    response = client.get(
        URL, values, headers={"Authorization": f"Bearer {on.token.text}"}
    )

    assert (response.status_code, response.json()["query"]) == (200, {})


def test_same_key_in_header_and_query_is_still_refused_when_off(
    client, off, assert_problem
):
    response = client.get(
        URL, _values(off), headers={"Authorization": f"Bearer {off.token.text}"}
    )

    assert_problem(response, 400, "credentials_in_parameters")


def test_two_keys_in_query_and_body_are_ambiguous(client, on, assert_problem):
    other = _values(IssuedFactory(fields__accepts_parameters=True))

    response = client.generic(
        "POST", f"{URL}?{_form(_values(on)).decode()}", _form(other), content_type=FORM
    )
    assert_problem(response, 400, "credentials_ambiguous")


def test_applications_own_parameter_api_stays(client, on):
    headers = {"Authorization": f"Bearer {on.token.text}"}

    response = client.get(f"{URL}?api=invoices", headers=headers)

    assert response.json()["query"] == {"api": ["invoices"]}


@pytest.mark.parametrize(
    "query",
    [
        "api[]={id}&apikey[]={key}",
        "API={id}&APIKEY={key}",
        "key={id}_{key}",
        "token={id}_{key}",
    ],
)
def test_other_names_are_no_credentials(query, client, on, assert_problem):
    values = {"id": on.token.public_id, "key": on.token.secret}

    response = client.get(f"{URL}?{query.format(**values)}")

    assert_problem(response, 401, "credentials_missing")


def test_body_above_64_kilobytes_is_not_searched(client, on, assert_problem):
    for length, expected in ((64 * 1024, 200), (64 * 1024 + 1, 401)):
        body = _form(_values(on)) + b"&x="
        body += b"a" * (length - len(body))

        response = client.generic("POST", URL, body, content_type=FORM)

        assert response.status_code == expected


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        pytest.param("application/json", b"[1]", [1], id="json-list"),
        pytest.param("application/json", b'{"api": 1}', {"api": 1}, id="json-half"),
        pytest.param(FORM, b"api=1&x=2", {"api": ["1"], "x": ["2"]}, id="form-half"),
        pytest.param(
            BODIES["multipart"][1], _multipart({"x": "2"}), {"x": ["2"]}, id="multipart"
        ),
    ],
)
def test_body_without_a_pair_arrives_as_it_was_sent(
    content_type, body, expected, client, on
):
    response = client.generic(
        "POST",
        URL,
        body,
        content_type=content_type,
        headers={"Authorization": f"Bearer {on.token.text}"},
    )

    assert response.json()["data"] == expected


def test_body_beside_credentials_in_the_query_arrives_as_it_was_sent(client, on):
    query = f"api={on.token.public_id}&apikey={on.token.secret}"

    response = client.post(f"{URL}?{query}", {"x": 1}, "application/json")

    assert response.json()["data"] == {"x": 1}


def test_body_above_djangos_own_limit_is_not_searched(
    client, on, settings, assert_problem
):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10

    response = client.generic("POST", URL, _form(_values(on)), content_type=FORM)

    assert_problem(response, 401, "credentials_missing")


def test_file_beside_the_credentials_arrives_whole(client, on):
    body = _multipart(_values(on)).removesuffix(f"--{BOUNDARY}--\r\n".encode())
    body += (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=file; filename=a.txt\r\n"
        f"Content-Type: text/plain\r\n\r\nhello\r\n--{BOUNDARY}--\r\n"
    ).encode()

    response = client.generic("POST", URL, body, content_type=BODIES["multipart"][1])

    assert response.json()["files"] == {"file": "hello"}
    assert response.json()["data"].keys() == {"file"} or response.json()["data"] == {}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param("multipart/form-data", b"x", id="no-boundary"),
        pytest.param("multipart/form-data; boundary=\xff", b"x", id="bad-boundary"),
        pytest.param("multipart/form-data; boundary=b", b"--b\r\n", id="cut-off"),
        pytest.param("application/json", b"[" * 60_000, id="deeply-nested"),
        pytest.param("application/json", b"\xff\xfe\x00", id="not-utf-8"),
        pytest.param(FORM, b"api=%ff&apikey=%00", id="not-utf-8-form"),
        pytest.param("text/plain; charset=nonsense", b"x", id="unknown-charset"),
        pytest.param("application/json; charset=nonsense", b"{}", id="json-charset"),
        pytest.param("", b"x", id="no-type"),
        pytest.param(";;;", b"x", id="nonsense"),
    ],
)
def test_malformed_body_without_credentials_is_a_401(
    content_type, body, client, assert_problem
):
    response = client.generic("POST", URL, body, content_type=content_type)

    assert response.status_code == 401


@pytest.mark.parametrize("length", ["", "-1", "1e3", "²", "x", "9" * 30, "0"])
def test_nonsense_length_of_the_body_is_no_error(length, client, on):
    response = client.generic(
        "POST", URL, _form(_values(on)), content_type=FORM, CONTENT_LENGTH=length
    )

    assert response.status_code == 401


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.binary(max_size=200),
    st.sampled_from([content_type for _, content_type in BODIES.values()]),
    st.text(max_size=30).map(
        lambda text: text.encode("utf-8", "replace").decode("latin-1")
    ),
)
def test_any_body_and_query_is_a_4xx(client, body, content_type, query):
    response = client.generic(
        "POST", URL, body, content_type=content_type, QUERY_STRING=query
    )

    assert response.status_code in (400, 401)


def test_secret_in_parameters_reaches_no_log(client, on, off, caplog):
    with caplog.at_level(logging.DEBUG):
        for issued in (on, off):
            for carrier in ("query", *BODIES):
                _send(client, carrier, "post", _values(issued))

    assert on.token.secret not in caplog.text
    assert off.token.secret not in caplog.text
