from __future__ import annotations

import pytest

from apikeys.changes.models import UsedNonce
from apikeys.keys.models import ApiKey
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory, full_access


def test_a_form_sent_twice_makes_one_key_and_shows_no_second_secret(as_administrator):
    form = screens.issue_form()
    first = as_administrator.post(screens.ADD, form)
    before = screens.state()

    second = as_administrator.post(screens.ADD, form)

    key = ApiKey.objects.get()
    assert second.status_code == 409
    assert f"It made <code>{key.key_id}</code>." in screens.text_of(second)
    assert screens.shown_value(first, "api-key") not in screens.text_of(second)
    assert 'id="token"' not in screens.text_of(second)
    assert screens.state() == before


def test_a_spent_nonce_makes_nothing_even_with_other_values(as_administrator):
    form = screens.issue_form()
    as_administrator.post(screens.ADD, form)

    second = as_administrator.post(screens.ADD, {**form, "name": "Another"})

    assert second.status_code == 409
    assert list(ApiKey.objects.values_list("name", flat=True)) == ["Billing"]


def test_a_refused_form_may_be_sent_again_with_its_nonce(as_administrator):
    form = screens.issue_form(name="Billing", roles=[])
    as_administrator.post(screens.ADD, form)

    again = as_administrator.post(screens.ADD, {**form, "roles": [full_access().pk]})

    assert 'id="token"' in screens.text_of(again)
    assert list(UsedNonce.objects.values_list("nonce", flat=True)) == [form["nonce"]]


@pytest.mark.parametrize("nonce", [None, "", "short", "x" * 65])
def test_a_form_without_a_proper_nonce_makes_nothing(nonce, as_administrator):
    response = as_administrator.post(screens.ADD, screens.issue_form(nonce=nonce))

    assert response.status_code == 200
    assert "nonce" in response.context["form"].errors
    assert ApiKey.objects.count() == 0


def test_each_form_has_a_nonce_of_its_own(as_administrator):
    forms = [as_administrator.get(screens.ADD).context["form"] for _ in range(2)]

    assert forms[0]["nonce"].value() != forms[1]["nonce"].value()


def test_a_key_with_a_taken_name_leaves_the_nonce_unspent(as_administrator, db):
    IssuedFactory(fields__name="Billing")

    as_administrator.post(screens.ADD, screens.issue_form())

    assert UsedNonce.objects.count() == 0
