"""Each refused call leaves one line, at every entrance, and a flood leaves few."""

from __future__ import annotations

import logging

import pytest

from apikeys.access import refusals, tokens
from apikeys.changes.actors import OPERATOR
from apikeys.keys import refused_calls, services
from apikeys.keys.refused_calls import LINES_A_MINUTE, record_refusal
from tests.apikeys.gate.asking import bearer, from_elsewhere, query, wrong_secret
from tests.factories import IssuedFactory, later
from tests.plugin_tokens import make_token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _new_process(caplog):
    refused_calls.clear()
    caplog.set_level(logging.INFO)
    yield
    refused_calls.clear()


@pytest.fixture
def lines(caplog):
    """Return all that was logged about calls, by us or by Django."""
    loggers = (refused_calls.__name__, "django.request")

    def lines():
        return [
            record.getMessage() for record in caplog.records if record.name in loggers
        ]

    return lines


def test_gate_names_the_key_the_call_and_the_address(ask, issued, lines):
    ask(**from_elsewhere(issued), HTTP_X_ORIGINAL_URI="/api/egress/leads?page=2")

    key_id = issued.key.key_id
    assert lines() == [
        f"Refused: ip_not_allowed key={key_id} GET /api/egress/leads from=198.51.100.1"
    ]


def test_wrong_secret_names_the_key_that_it_claims_and_shows_no_secret(
    ask, issued, lines
):
    sent = wrong_secret(issued)

    ask(**sent)

    assert lines() == [
        f"Refused: credentials_invalid key={issued.key.key_id} GET /api/egress/leads"
        " from=192.0.2.7"
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("kd_0000000000000000_short", "credentials_malformed", id="cut"),
        pytest.param("hunter2", "credentials_malformed", id="a-password"),
        pytest.param(
            tokens.generate("kp").text, "credentials_malformed", id="plugin-token"
        ),
    ],
)
def test_what_has_no_form_of_a_key_is_not_repeated(ask, lines, text, code):
    ask(HTTP_AUTHORIZATION=f"Bearer {text}")

    assert lines() == [f"Refused: {code} key=- GET /api/egress/leads from=192.0.2.7"]


def test_mistyped_token_names_the_key_that_it_claims(ask, issued, lines):
    token = issued.token
    end = "A" if token.text[-1] != "A" else "B"

    ask(HTTP_AUTHORIZATION=f"Bearer {token.text[:-1]}{end}")

    assert lines() == [
        f"Refused: credentials_invalid key={token.public_id} GET /api/egress/leads"
        " from=192.0.2.7"
    ]


def test_query_with_a_credential_is_left_out(ask, issued, lines):
    ask(**query(issued))

    assert lines() == [
        f"Refused: credentials_in_parameters key={issued.key.key_id}"
        " GET /api/egress/leads from=192.0.2.7"
    ]


def test_call_without_credentials_at_the_gate(ask, lines):
    ask(HTTP_X_ORIGINAL_METHOD="DELETE", HTTP_X_FORWARDED_FOR=None)

    assert lines() == [
        "Refused: credentials_missing key=- DELETE /api/egress/leads from=-"
    ]


def test_allowed_call_leaves_no_line(ask, issued, client, lines):
    assert ask(**bearer(issued)).status == 200
    assert lines() == []


def test_our_own_api_writes_one_line_and_django_none(client, lines):
    key = IssuedFactory(fields__networks=("10.0.0.0/8",))

    answers = [
        client.get("/api/whoami"),
        client.get("/api/whoami", HTTP_AUTHORIZATION="Bearer hunter2"),
        client.get("/api/whoami?page=1", **bearer(key)),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 403]
    assert lines() == [
        "Refused: credentials_missing key=- GET /api/whoami from=127.0.0.1",
        "Refused: credentials_malformed key=- GET /api/whoami from=127.0.0.1",
        f"Refused: ip_not_allowed key={key.key.key_id} GET /api/whoami from=127.0.0.1",
    ]


def test_method_without_a_row_and_a_path_of_nobody(client, lines):
    key = IssuedFactory(fields__endpoints=())

    client.put("/api/whoami", **bearer(key))
    client.get("/api/egress/none", **bearer(key))

    key_id = key.key.key_id
    assert lines() == [
        f"Refused: method_not_allowed key={key_id} PUT /api/whoami from=127.0.0.1"
    ]


def test_plain_http_call_names_the_key_to_rotate(client, lines, settings):
    settings.SECURE_SSL_REDIRECT = True
    key = IssuedFactory()

    client.get("/api/whoami", **bearer(key))

    assert lines() == [
        f"Refused: https_required key={key.key.key_id} GET /api/whoami from=127.0.0.1"
    ]


def test_deactivated_key_is_named(ask, issued, lines):
    services.deactivate_key(issued.key.key_id, actor=OPERATOR, at=issued.key.created_at)

    ask(**bearer(issued))

    assert [line.split()[1] for line in lines()] == ["key_inactive"]


def test_plugin_token_on_a_foreign_page_is_named_by_its_id(client, lines):
    token, value = make_token(domains="example.com")

    client.post(
        "/api/plugin/authorize",
        {"token": value},
        HTTP_ORIGIN="https://evil.example",
    )

    assert lines() == [
        f"Refused: domain_not_allowed key={token.public_id}"
        " POST /api/plugin/authorize from=127.0.0.1"
    ]


def test_path_and_method_forge_no_line_and_show_no_token(ask, issued, lines):
    text = issued.token.text
    ask(
        HTTP_AUTHORIZATION="Bearer hunter2",
        HTTP_X_ORIGINAL_METHOD="GET\nRefused: x",
        HTTP_X_ORIGINAL_URI=f"/api/egress/%0aRefused/{text}/ü/" + "a b/" * 300,
    )

    (line,) = lines()
    assert "\n" not in line
    assert issued.token.secret not in line
    assert line.isprintable()
    assert len(line) < 1_000


def test_flood_writes_so_many_lines_a_minute_and_then_counts(lines, at):
    def refuse(at):
        record_refusal(refusals.CREDENTIALS_MISSING, "GET", "/api", None, at)

    for _ in range(LINES_A_MINUTE + 50):
        refuse(at)
    refuse(later(at, seconds=59))
    within = len(lines())
    refuse(later(at, seconds=60))

    line = "Refused: credentials_missing key=- GET /api from=-"
    assert within == LINES_A_MINUTE
    assert lines()[within:] == ["51 more refused calls were not written.", line]


def test_flood_of_strangers_does_not_hide_what_a_key_was_refused(ask, issued, lines):
    for _ in range(LINES_A_MINUTE + 1):
        ask()
    ask(**from_elsewhere(issued))

    assert lines()[-1].startswith(f"Refused: ip_not_allowed key={issued.key.key_id}")


def test_flood_of_missing_pages_is_bounded(client, caplog):
    for number in range(150):
        client.get(f"/none/{number}")

    assert len([r for r in caplog.records if r.name == "django.request"]) <= 100
