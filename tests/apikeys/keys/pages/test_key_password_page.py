from __future__ import annotations

import pytest
from django.contrib.auth.hashers import check_password

from apikeys.audit.models import AuditEntry
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory


@pytest.fixture
def portal(db):
    return IssuedFactory(key_type="webservice_standard", fields__name="Portal").key


def set_password(client, key, **given):
    form = {"password": "", "nonce": screens.nonce(), **given}
    return client.post(screens.page_of(key, "password/"), form)


def test_an_empty_form_makes_a_password_and_shows_it(as_administrator, portal):
    response = set_password(as_administrator, portal)

    made = screens.shown_value(response, "api-password")
    portal.refresh_from_db()
    assert check_password(made, portal.password)
    assert 'id="token"' not in screens.text_of(response)


def test_a_typed_password_is_set_as_it_was_typed(as_administrator, portal):
    typed = "  correct horse  "

    response = set_password(as_administrator, portal, password=typed)

    portal.refresh_from_db()
    assert screens.shown_value(response, "api-password") == typed
    assert check_password(typed, portal.password)
    assert not check_password(typed.strip(), portal.password)


def test_the_audit_entry_says_that_it_was_set_and_not_what(as_administrator, portal):
    set_password(as_administrator, portal, password="correct horse battery")

    entry = AuditEntry.objects.get(actor="ada")
    assert (entry.action, entry.changes) == (
        "key_changed",
        {"password": ["set", "set anew"]},
    )


@pytest.mark.parametrize("password", ["short", "x" * 129, "null\x00null null"])
def test_an_unfit_password_is_refused(password, as_administrator, portal):
    before = screens.state()

    response = set_password(as_administrator, portal, password=password)

    assert list(screens.errors_beside_fields(response)) == ["password"]
    assert screens.state() == before


def test_a_form_sent_twice_sets_one_password(as_administrator, portal):
    nonce = screens.nonce()
    first = set_password(as_administrator, portal, nonce=nonce)
    before = screens.state()

    second = set_password(as_administrator, portal, nonce=nonce)

    assert second.status_code == 409
    assert screens.shown_value(first, "api-password") not in screens.text_of(second)
    assert screens.state() == before


def test_a_key_whose_type_has_no_password_gets_none(as_administrator, key):
    response = set_password(as_administrator, key, password="correct horse battery")

    key.refresh_from_db()
    assert response.status_code == 404
    assert key.password == ""


def test_the_button_is_there_only_for_keys_with_a_password(
    as_administrator, portal, key
):
    found = [
        screens.page_of(each, "password/")
        in screens.text_of(as_administrator.get(screens.page_of(each)))
        for each in (portal, key)
    ]

    assert found == [True, False]
