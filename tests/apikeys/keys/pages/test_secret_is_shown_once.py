from __future__ import annotations

import logging

import pytest

from apikeys.keys.models import ApiKey, KeySecret
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory

PORTAL = {
    "key_type": "webservice_standard",
    "roles": [],
    "endpoints": "/webservice/*",
}


@pytest.fixture
def portal_key(db):
    issued = IssuedFactory(
        key_type="webservice_standard",
        fields__name="Portal",
        fields__endpoints=("/webservice/*",),
    )
    return issued.key


def shown_in(response) -> list[str]:
    """Whatever of a token and a password the page shows, whole and in part."""
    text = screens.text_of(response)
    ids = [name for name in ("token", "api-key", "api-password") if f'"{name}"' in text]
    return [screens.shown_value(response, name) for name in ids]


def traces(client, values, *texts) -> list[str]:
    """Where one of the values can be found after the response that showed it."""
    places = {
        "database": screens.database_dump(),
        "session": repr(dict(client.session.items())),
        "cookies": client.cookies.output(),
        **{f"text {number}": text for number, text in enumerate(texts)},
    }
    return [
        name for name, text in places.items() if any(value in text for value in values)
    ]


def later_pages(client, key) -> list[str]:
    paths = (
        screens.ADD,
        screens.KEYS,
        screens.page_of(key),
        screens.page_of(key, "rotate/"),
        screens.page_of(key, "delete/"),
        screens.AUDIT,
        screens.ROLES,
        "/settings/",
    )
    return [screens.text_of(client.get(path, follow=True)) for path in paths]


@pytest.mark.parametrize("given", [{}, PORTAL], ids=["v1", "portal"])
def test_what_a_new_key_shows_is_nowhere_else(given, as_administrator, caplog):
    caplog.set_level(logging.DEBUG)

    response = as_administrator.post(screens.ADD, screens.issue_form(**given))

    values = shown_in(response)
    key = ApiKey.objects.get()
    pages = later_pages(as_administrator, key)
    assert len(values) == (3 if given else 2)
    assert traces(as_administrator, values, *pages, caplog.text) == []


def test_a_typed_password_is_nowhere_else(as_administrator, caplog):
    caplog.set_level(logging.DEBUG)
    typed = "correct horse battery"

    response = as_administrator.post(
        screens.ADD, screens.issue_form(**PORTAL, password=typed)
    )

    pages = later_pages(as_administrator, ApiKey.objects.get())
    assert typed in shown_in(response)
    assert traces(as_administrator, [typed], *pages, caplog.text) == []


def test_what_a_rotation_shows_is_nowhere_else(as_administrator, key, caplog):
    caplog.set_level(logging.DEBUG)

    response = as_administrator.post(
        screens.page_of(key, "rotate/"), screens.rotate_form(key)
    )

    values = shown_in(response)
    pages = later_pages(as_administrator, key)
    assert len(values) == 2
    assert traces(as_administrator, values, *pages, caplog.text) == []


def test_what_a_new_password_shows_is_nowhere_else(
    as_administrator, portal_key, caplog
):
    caplog.set_level(logging.DEBUG)

    response = as_administrator.post(
        screens.page_of(portal_key, "password/"), {"nonce": screens.nonce()}
    )

    values = shown_in(response)
    pages = later_pages(as_administrator, portal_key)
    assert len(values) == 1
    assert traces(as_administrator, values, *pages, caplog.text) == []


def test_the_answer_with_a_secret_may_not_be_stored(as_administrator, portal_key):
    answers = [
        as_administrator.post(screens.ADD, screens.issue_form()),
        as_administrator.post(
            screens.page_of(portal_key, "rotate/"), screens.rotate_form(portal_key)
        ),
        as_administrator.post(
            screens.page_of(portal_key, "password/"), {"nonce": screens.nonce()}
        ),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer["Cache-Control"] for answer in answers] == [
        "max-age=0, no-cache, no-store, must-revalidate, private"
    ] * 3


def test_a_second_get_shows_the_empty_form(as_administrator):
    as_administrator.post(screens.ADD, screens.issue_form())

    again = as_administrator.get(screens.ADD)

    assert shown_in(again) == []
    assert again.context["form"].is_bound is False


def test_another_person_sees_nothing_of_a_secret(as_administrator, as_reader):
    response = as_administrator.post(screens.ADD, screens.issue_form())

    values = shown_in(response)
    key = ApiKey.objects.get()
    pages = [
        screens.text_of(as_reader.get(path))
        for path in (screens.KEYS, screens.page_of(key), screens.AUDIT)
    ]
    assert traces(as_reader, values, *pages) == []


def test_digest_and_password_hash_are_on_no_page(as_administrator, portal_key):
    stored = [KeySecret.objects.get(key=portal_key).digest, portal_key.password]

    pages = later_pages(as_administrator, portal_key)

    assert [page for page in pages for value in stored if value in page] == []
