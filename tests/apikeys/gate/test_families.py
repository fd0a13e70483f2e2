"""The places in which proxies tell the gate which call they ask about."""

from __future__ import annotations

import pytest

from apikeys.keys.values import KeySettings
from tests.apikeys.gate.asking import (
    TARGET,
    assert_allowed,
    assert_refused,
    bearer,
)
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db

NOTHING = {"HTTP_X_ORIGINAL_METHOD": None, "HTTP_X_ORIGINAL_URI": None}
OTHER_PATH = "/api/ingress/leads"

# By family: what a proxy sends for a method and a target.
SENT = {
    "original": lambda method, target: {
        "HTTP_X_ORIGINAL_METHOD": method,
        "HTTP_X_ORIGINAL_URI": target,
    },
    "forwarded": lambda method, target: {
        "HTTP_X_FORWARDED_METHOD": method,
        "HTTP_X_FORWARDED_URI": target,
    },
    "url": lambda method, target: {
        "HTTP_X_ORIGINAL_METHOD": method,
        "HTTP_X_ORIGINAL_URL": f"https://crm.example.com:8443{target}",
    },
    "path": lambda method, target: {
        "REQUEST_METHOD": method,
        "PATH_INFO": f"/gate{target.partition('?')[0]}",
        "QUERY_STRING": target.partition("?")[2],
    },
}


@pytest.fixture(params=SENT)
def family(request, settings):
    settings.GATE_HEADERS = request.param
    return request.param


@pytest.fixture
def reader():
    """A key that may read leads and write nothing."""
    return IssuedFactory(
        fields=KeySettings(
            "Reader", (), ("GET /api/egress/*",), accepts_parameters=True
        )
    )


def test_each_family_tells_method_and_path(family, ask, reader):
    sent = SENT[family]

    allowed = ask(**bearer(reader), **(NOTHING | sent("GET", TARGET)))
    other_method = ask(**bearer(reader), **(NOTHING | sent("POST", TARGET)))
    other_path = ask(**bearer(reader), **(NOTHING | sent("GET", OTHER_PATH)))

    assert_allowed(allowed, reader)
    assert_refused(other_method, 403, "endpoint_not_allowed")
    assert_refused(other_path, 403, "endpoint_not_allowed")


def test_each_family_tells_the_query(family, ask, reader):
    target = f"{TARGET}?api={reader.token.public_id}&apikey={reader.token.secret}"

    assert_allowed(ask(**(NOTHING | SENT[family]("GET", target))), reader)


def test_only_the_chosen_family_is_read(family, ask, reader):
    """What the others say would pass, and what it says itself is refused."""
    others = {
        name: value
        for other, sent in SENT.items()
        if other != family
        for name, value in sent("GET", TARGET).items()
    }

    answer = ask(**bearer(reader), **(others | SENT[family]("GET", OTHER_PATH)))

    assert_refused(answer, 403, "endpoint_not_allowed")


@pytest.mark.parametrize("other", SENT)
def test_refusal_names_what_was_awaited_and_what_was_seen(other, family, ask, reader):
    secret_path = "/api/egress/only-this-caller-knows"
    sent = SENT[other]("GET", secret_path)

    answer = ask(**bearer(reader), **(NOTHING | sent))

    if other == family:
        assert_allowed(answer, reader)
        return
    body = assert_refused(answer, 403, "gate_headers_missing")
    assert f"GATE_HEADERS={family} awaits" in body["detail"]
    assert f"GATE_HEADERS={other}" in body["detail"].partition("Seen instead:")[2]
    assert secret_path not in str(answer.headers) + str(answer.body)


def test_refusal_names_only_what_is_missing(ask, reader):
    body = assert_refused(
        ask(**bearer(reader), HTTP_X_ORIGINAL_METHOD=None),
        403,
        "gate_headers_missing",
    )

    assert body["detail"].startswith(
        "GATE_HEADERS=original awaits X-Original-Method and X-Original-URI;"
        " missing: X-Original-Method. Seen instead: none."
    )


def test_stranger_is_told_nothing_of_headers(ask, reader):
    body = assert_refused(
        ask(**bearer(reader), **NOTHING, REMOTE_ADDR="192.0.2.1"),
        403,
        "peer_not_trusted",
    )

    assert "X-Original" not in body["detail"]


@pytest.mark.parametrize("family", ["original", "forwarded", "url"])
@pytest.mark.parametrize("path", ["/gate", "/gate/"])
def test_gate_answers_with_and_without_a_slash(path, family, ask, settings, reader):
    settings.GATE_HEADERS = family
    sent = NOTHING | SENT[family]("GET", TARGET) | {"PATH_INFO": path}

    assert_allowed(ask(**bearer(reader), **sent), reader)


@pytest.mark.parametrize("path", ["/gate", ""])
def test_path_family_needs_a_path(path, ask, settings, reader):
    settings.GATE_HEADERS = "path"

    answer = ask(**bearer(reader), PATH_INFO=path or "/gate")

    assert_refused(answer, 403, "gate_headers_missing")


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("/api/egress/leads", id="no-host"),
        pytest.param("https:///api/egress/leads", id="empty-host"),
        pytest.param("https://crm.example.com", id="no-path"),
        pytest.param("https://crm.example.com?/api/egress/leads", id="query-first"),
        pytest.param("https://crm#/api/egress/leads", id="fragment-in-the-host"),
        pytest.param("https://crm\\/api/egress/leads", id="backslash-in-the-host"),
        pytest.param("https://a@crm/api/egress/leads", id="user"),
        pytest.param("https://crm%2f/api/egress/leads", id="encoded-host"),
        pytest.param("ftp://crm/api/egress/leads", id="other-scheme"),
        pytest.param("https://crm//api/egress/leads", id="empty-segment"),
        pytest.param("https://crm/api/egress/..%2fingress", id="two-readings"),
    ],
)
def test_url_whose_path_is_not_plain_is_refused(url, ask, settings, reader):
    settings.GATE_HEADERS = "url"

    answer = ask(**bearer(reader), HTTP_X_ORIGINAL_URL=url)

    assert_refused(answer, 403, "path_malformed")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/gate//api/egress/leads", id="empty-segment"),
        pytest.param("/gate/api/egress/../ingress", id="dot-segment"),
        pytest.param("/gate/api/egress/%2e%2e/ingress", id="encoded-twice"),
        pytest.param("/gate/api/egress/a;b", id="parameter"),
        pytest.param("/gate/api/egress/\xff", id="no-utf-8"),
    ],
)
def test_path_family_refuses_paths_with_two_readings(path, ask, settings, reader):
    settings.GATE_HEADERS = "path"

    assert_refused(ask(**bearer(reader), PATH_INFO=path), 403, "path_malformed")


def test_path_family_reads_the_bytes_of_pep_3333(ask, settings, reader):
    settings.GATE_HEADERS = "path"
    path = "/gate/api/egress/Müller".encode().decode("latin-1")

    assert_allowed(ask(**bearer(reader), PATH_INFO=path), reader)


def test_answer_of_the_gate_is_kept_by_nobody(ask, reader):
    assert ask(**bearer(reader)).headers["Cache-Control"] == "no-store"
