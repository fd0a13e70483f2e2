from __future__ import annotations

import pytest

from apikeys.changes.actors import OPERATOR
from apikeys.keys.services import update_key
from apikeys.keys.values import KeySettings
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued():
    """A key that is restricted to egress and 127.0.0.0/8."""
    return IssuedFactory(
        expires_at=None,
        fields=KeySettings("Billing", ("127.0.0.0/8",), ("/api/egress/*",)),
    )


@pytest.fixture
def ask(client, issued):
    def ask(query, **extra):
        headers = {"Authorization": f"Bearer {issued.token.text}"}
        return client.get(f"/api/explain?{query}", headers=headers, **extra)

    return ask


def test_allowed_call_tells_every_rule(ask):
    response = ask("method=GET&path=/api/egress/leads&address=127.0.0.9")

    assert response.status_code == 200
    assert response.json() == {
        "allowed": True,
        "status": 200,
        "code": None,
        "detail": "Every rule lets this call pass.",
        "rule": "permission",
        "steps": [
            {"rule": rule, "passed": True, "text": text}
            for rule, text in (
                ("carrier", "The credential stands where the key allows it."),
                ("active", "The key is active."),
                ("expiry", "The key never expires."),
                ("network", "The address 127.0.0.9 is in 127.0.0.0/8."),
                ("path", "The path is in normal form."),
                ("type", "Type v1 covers /api/egress."),
                ("endpoint", "The endpoint permission /api/egress/* matches."),
                ("permission", "The endpoint needs no permission here."),
            )
        ],
    }


@pytest.mark.parametrize(
    ("query", "status", "code", "rule"),
    [
        pytest.param(
            "path=/api/egress/x&address=192.0.2.1",
            403,
            "ip_not_allowed",
            "network",
            id="other-address",
        ),
        pytest.param(
            "path=/api/egress/x&address=::1",
            403,
            "ip_not_allowed",
            "network",
            id="ipv6",
        ),
        pytest.param(
            "path=/api/egress/../x", 400, "path_malformed", "path", id="dot-segment"
        ),
        pytest.param(
            "path=/api/egress/%252e%252e/x", 400, "path_malformed", "path", id="encoded"
        ),
        pytest.param("path=x", 403, "type_not_allowed", "type", id="slash-left-out"),
        pytest.param("path=/api/v2/x", 403, "type_not_allowed", "type", id="type"),
        pytest.param(
            "path=/api/ingress/x&method=post",
            403,
            "endpoint_not_allowed",
            "endpoint",
            id="endpoint",
        ),
    ],
)
def test_refused_call_names_the_rule_that_decides(query, status, code, rule, ask):
    body = ask(query).json()

    assert (body["allowed"], body["status"], body["code"]) == (False, status, code)
    assert (body["rule"], body["steps"][-1]["rule"]) == (rule, rule)
    assert body["detail"] == body["steps"][-1]["text"]
    assert [step["passed"] for step in body["steps"]][:-1] == [True] * (
        len(body["steps"]) - 1
    )


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("path=/api/egress/leads", id="path-alone"),
        pytest.param("path=/api/egress/leads/", id="trailing-slash"),
        pytest.param("path=/api/egress/M%C3%BCller", id="umlaut"),
        pytest.param("path=/api/egress/a%20%E6%97%A5", id="blank-and-japanese"),
        pytest.param("path=https://crm.example/api/egress/leads?x=1", id="full-url"),
        pytest.param("path=/api/whoami", id="path-of-every-key"),
        pytest.param(
            "path=/api/egress/x&address=::ffff:127.0.0.1", id="mapped-address"
        ),
        pytest.param("path=/api/egress/x&method=whatever", id="any-method"),
    ],
)
def test_call_would_pass(query, ask):
    assert ask(query).json()["allowed"] is True


def test_own_address_is_taken_unless_one_is_given(ask):
    body = ask("path=/api/egress/leads", REMOTE_ADDR="127.0.0.44").json()

    assert body["steps"][3]["text"] == "The address 127.0.0.44 is in 127.0.0.0/8."


@pytest.mark.parametrize(
    ("query", "field"),
    [
        pytest.param("", "path", id="no-path"),
        pytest.param("path=", "path", id="empty-path"),
        pytest.param("path=/x&address=nonsense", "address", id="address"),
        pytest.param("path=/x&address=1.2.3.4%2F8", "address", id="network"),
        pytest.param("path=/x&method=GET%20/", "method", id="method"),
        pytest.param("path=/x&method=" + "A" * 21, "method", id="long-method"),
        pytest.param("path=/" + "a" * 4096, "path", id="long-path"),
        pytest.param("path=/x%00", "path", id="nul"),
    ],
)
def test_nonsense_is_told_beside_its_field(query, field, ask, assert_problem):
    body = assert_problem(ask(query), 400, "invalid")

    assert list(body["errors"]) == [field]


def test_credentials_in_the_query_are_no_part_of_the_question(issued, client):
    update_key(
        issued.key.key_id,
        fields=KeySettings("Billing", accepts_parameters=True),
        actor=OPERATOR,
        at=issued.key.created_at,
    )

    response = client.get(
        "/api/explain",
        {
            "path": "/api/egress/x",
            "api": issued.token.public_id,
            "apikey": issued.token.secret,
        },
    )

    assert response.json()["allowed"] is True


def test_networks_apply_to_the_question_itself(ask, assert_problem):
    response = ask("path=/api/egress/x&address=127.0.0.1", REMOTE_ADDR="192.0.2.1")

    assert_problem(response, 403, "ip_not_allowed")
