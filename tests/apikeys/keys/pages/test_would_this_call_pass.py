from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.keys.services import deactivate_key
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory

PASSING = {"method": "GET", "path": "/api/egress/leads", "address": "10.1.2.3"}


def ask(client, key, **given):
    return client.get(screens.page_of(key), {**PASSING, **given})


def verdict(response):
    [(_, bold)] = re.findall(
        r'<div class="note (ok|bad)">\s*<b>(.*?)</b>',
        screens.text_of(response).partition("data-try-answer")[2],
    )
    return bold


@pytest.mark.parametrize("who", ["as_administrator", "as_reader"])
def test_a_call_that_passes_is_shown_rule_by_rule(who, request, key):
    response = ask(request.getfixturevalue(who), key)

    text = screens.text_of(response)
    assert verdict(response) == "It would pass."
    assert "Every rule lets this call pass." in text
    assert "The address 10.1.2.3 is in 10.0.0.0/8." in text
    assert "Type v1 covers /api/egress." in text
    assert "The endpoint permission /api/egress/* matches." in text


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"address": "192.0.2.1"}, "Refused: 403 ip_not_allowed."),
        ({"address": "::ffff:10.1.2.3"}, "It would pass."),
        ({"path": "/api/v2/leads"}, "Refused: 403 type_not_allowed."),
        ({"path": "/api/ingress/leads"}, "Refused: 403 endpoint_not_allowed."),
        ({"path": "/API/egress/leads"}, "Refused: 403 type_not_allowed."),
        ({"path": "/api/egress/../ingress"}, "Refused: 400 path_malformed."),
        ({"path": "/api/egress/%2e%2e/ingress"}, "Refused: 400 path_malformed."),
        ({"path": "/api/egress//leads"}, "Refused: 400 path_malformed."),
        ({"path": "/api/egress/Müller"}, "It would pass."),
        ({"path": "/api/ingress/ä b"}, "Refused: 403 endpoint_not_allowed."),
        ({"path": "/api/egress/%ff"}, "Refused: 400 path_malformed."),
        ({"path": "api/egress/leads"}, "It would pass."),
        ({"path": "api/v2"}, "Refused: 403 type_not_allowed."),
        ({"path": "/api/egress/leads/?page=2"}, "It would pass."),
        ({"path": "https://crm.example:8443/api/egress/leads?x=1"}, "It would pass."),
        ({"path": "/api/whoami"}, "It would pass."),
        ({"path": "/api/whoami", "address": "1.1.1.1"}, "Refused: 403 ip_not_allowed."),
        ({"method": "DELETE"}, "It would pass."),
    ],
)
def test_the_answer_names_the_rule_that_decides(asked, expected, as_administrator, key):
    assert verdict(ask(as_administrator, key, **asked)) == expected


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("GET", "It would pass."),
        ("HEAD", "It would pass."),
        ("OPTIONS", "It would pass."),
        ("POST", "Refused: 403 endpoint_not_allowed."),
        ("DELETE", "Refused: 403 endpoint_not_allowed."),
    ],
)
def test_a_read_only_key_only_reads(method, expected, as_administrator, db):
    key = IssuedFactory(fields__networks=(), fields__read_only=True).key

    assert verdict(ask(as_administrator, key, method=method)) == expected


@pytest.mark.urls("tests.apikeys.keys.pages.guarded_urls")
def test_a_missing_permission_is_named(as_administrator, key):
    refused = ask(as_administrator, key, path="/api/egress/secrets")
    other_method = ask(as_administrator, key, path="/api/egress/secrets", method="POST")

    assert verdict(refused) == "Refused: 403 permission_missing."
    assert verdict(other_method) == "Refused: 405 method_not_allowed."


def test_an_inactive_key_refuses_before_every_other_rule(as_administrator, key):
    deactivate_key(key.key_id, actor=OPERATOR, at=timezone.now())

    response = ask(as_administrator, key, address="192.0.2.1", path="/nowhere")

    assert verdict(response) == "Refused: 401 key_inactive."


def test_an_expired_key_refuses(as_administrator, db):
    now = timezone.now()
    key = IssuedFactory(at=now - timedelta(days=9), expires_at=now).key

    assert verdict(ask(as_administrator, key)) == "Refused: 401 key_expired."


@pytest.mark.parametrize(
    ("asked", "field", "error"),
    [
        ({"address": "10.0.0.0/8"}, "address", "This is no IP address."),
        ({"address": "fe80::1%eth0"}, "address", "This is no IP address."),
        ({"address": "10.0.0.1:80"}, "address", "This is no IP address."),
        ({"address": ""}, "address", "This field is required."),
        ({"address": "\x00"}, "address", "Null characters are not allowed."),
        ({"path": "/a\x00"}, "path", "Null characters are not allowed."),
        (
            {"path": "/" + "a" * 4096},
            "path",
            "Ensure this value has at most 4096 characters (it has 4097).",
        ),
        (
            {"method": "TRACE"},
            "method",
            "Select a valid choice. TRACE is not one of the available choices.",
        ),
    ],
)
def test_what_cannot_be_asked_is_said_beside_its_field(
    asked, field, error, as_administrator, key
):
    response = ask(as_administrator, key, **asked)

    found = screens.errors_beside_fields(response)[field]
    assert error in found
    assert response.context["answer"] is None


def test_what_was_asked_stays_in_the_form(as_administrator, key):
    text = screens.text_of(ask(as_administrator, key, method="PUT"))

    assert '<option value="PUT" selected>' in text
    assert 'value="/api/egress/leads"' in text
    assert 'value="10.1.2.3"' in text


def test_nothing_is_answered_before_something_is_asked(as_administrator, key):
    response = as_administrator.get(screens.page_of(key))

    assert response.context["answer"] is None
    assert 'value="127.0.0.1"' in screens.text_of(response)


def test_asking_is_no_use_of_the_key(as_administrator, key):
    before = screens.state()

    ask(as_administrator, key)

    assert screens.state() == before
