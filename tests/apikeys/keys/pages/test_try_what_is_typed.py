"""The try-out of a call judges the settings as typed, and speaks the person's time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.apikeys.pages import screens
from tests.factories import IssuedFactory

CALL = {
    "check": "1",
    "method": "GET",
    "path": "/api/egress/leads",
    "address": "10.1.2.3",
}


def ask(client, key, typed=None, **call):
    form = screens.edit_form(key, **(typed or {}))
    return client.post(screens.page_of(key), {**form, **CALL, **call})


def answer(response):
    text = screens.text_of(response).partition("data-try-answer")[2]
    return " ".join(text.partition("</div>")[0].split())


@pytest.mark.parametrize(
    ("typed", "call", "said"),
    [
        ({}, {}, "It would pass."),
        (
            {"networks": "192.0.2.0/24"},
            {},
            "not saved yet: 403 ip_not_allowed.",
        ),
        (
            {"networks": "192.0.2.0/24"},
            {"address": "192.0.2.1"},
            "It would pass with what is typed here, which is not saved yet.",
        ),
        (
            {"endpoints": "GET /api/ingress/*"},
            {},
            "not saved yet: 403 endpoint_not_allowed.",
        ),
        (
            {"read_only": "on"},
            {"method": "POST"},
            "not saved yet: 403 endpoint_not_allowed.",
        ),
        (
            {"networks": "", "open_to_any_address": "on"},
            {"address": "198.51.100.1"},
            "It would pass with what is typed here, which is not saved yet.",
        ),
    ],
)
def test_call_is_judged_by_what_is_typed_and_nothing_is_saved(
    typed, call, said, as_administrator, key
):
    before = screens.state()

    response = ask(as_administrator, key, typed, **call)

    assert said in answer(response)
    assert screens.state() == before


def test_answer_of_what_is_saved_stands_beside_it_where_it_differs(
    as_administrator, key
):
    narrowed = answer(ask(as_administrator, key, {"networks": "192.0.2.0/24"}))
    widened = answer(
        ask(as_administrator, key, {"networks": "192.0.2.1"}, address="192.0.2.1")
    )
    alike = answer(ask(as_administrator, key, {"note": "Other"}))

    assert "As saved, it passes." in narrowed
    assert "As saved, it is refused: 403 ip_not_allowed." in widened
    assert "As saved" not in alike


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"networks": "office"}, "networks"), ({"name": ""}, "name")],
)
def test_wrong_settings_are_named_and_kept(typed, field, as_administrator, key):
    response = ask(as_administrator, key, typed)

    assert "The settings as typed are wrong." in answer(response)
    assert list(screens.errors_beside_fields(response)) == [field]


def test_wrong_question_keeps_what_is_typed(as_administrator, key):
    response = ask(as_administrator, key, {"name": "Renamed"}, address="office")

    assert list(screens.errors_beside_fields(response)) == ["address"]
    assert 'value="Renamed"' in screens.text_of(response)


def test_reader_cannot_ask_about_other_settings(as_reader, key):
    assert ask(as_reader, key).status_code == 403


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Berlin", "19 Feb 2099, 23:10 CET</time> (2099-02-19 22:10:55 UTC)."),
        ("Asia/Kolkata", "20 Feb 2099, 03:40 IST</time> (2099-02-19 22:10:55 UTC)."),
        ("UTC", "The key expires at 2099-02-19 22:10:55 UTC."),
    ],
)
def test_times_are_the_person_s_with_utc_in_addition(zone, said, as_administrator, db):
    key = IssuedFactory(
        expires_at=datetime(2099, 2, 19, 22, 10, 55, tzinfo=UTC),
        fields__networks=("10.0.0.0/8",),
    ).key
    as_administrator.cookies["timezone"] = zone

    response = as_administrator.get(screens.page_of(key), CALL)

    assert said in screens.text_of(response)
