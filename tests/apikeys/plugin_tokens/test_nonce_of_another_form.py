"""A one-time value that another form has spent makes nothing, and says so."""

from __future__ import annotations

import pytest

from apikeys.changes.nonces import spend_nonce
from apikeys.keys.models import ApiKey
from apikeys.plugin_tokens.models import PluginToken
from tests.apikeys.pages import screens
from tests.plugin_tokens import make_token

pytestmark = pytest.mark.django_db

ADD = "/settings/apikeys/plugintoken/add/"


def _create(client, nonce):
    return client.post(ADD, {"name": "acme", "domains": "a.com", "nonce": nonce})


def test_nonce_of_a_key_in_the_form_of_plugin_tokens_is_refused(as_administrator):
    nonce = screens.nonce()
    as_administrator.post(screens.ADD, screens.issue_form(nonce=nonce))
    key = ApiKey.objects.get()

    answer = _create(as_administrator, nonce)

    assert answer.status_code == 200
    assert f"This form was already sent and made {key.key_id}." in screens.text_of(
        answer
    )
    assert PluginToken.objects.count() == 0


def test_nonce_of_a_plugin_token_in_the_form_of_keys_is_refused(as_administrator):
    nonce = screens.nonce()
    _create(as_administrator, nonce)

    answer = as_administrator.post(screens.ADD, screens.issue_form(nonce=nonce))

    assert answer.status_code == 409
    assert ApiKey.objects.count() == 0


def test_nonce_of_a_key_does_not_replace_a_value(as_administrator):
    nonce = screens.nonce()
    as_administrator.post(screens.ADD, screens.issue_form(nonce=nonce))
    token, _ = make_token("acme")
    before = list(PluginToken.objects.values())

    answer = as_administrator.post(
        f"/settings/apikeys/plugintoken/{token.public_id}/replace/",
        {"nonce": nonce},
        follow=True,
    )

    assert "This form was already sent and made" in screens.text_of(answer)
    assert list(PluginToken.objects.values()) == before


def test_nonce_whose_plugin_token_is_gone_is_refused(as_administrator):
    nonce = screens.nonce()
    _create(as_administrator, nonce)
    PluginToken.objects.all().delete()

    answer = _create(as_administrator, nonce)

    assert answer.status_code == 200
    assert PluginToken.objects.count() == 0


def test_nonce_sent_twice_leads_to_what_it_made(as_administrator, at):
    nonce = screens.nonce()
    _create(as_administrator, nonce)
    token = PluginToken.objects.get()

    answer = _create(as_administrator, nonce)

    assert answer.status_code == 302
    assert str(token.public_id) in answer["Location"]


def test_nonce_of_anything_else_is_no_error_either(as_administrator, at):
    nonce = screens.nonce()
    spend_nonce(nonce, subject_id="role 7", at=at)

    assert _create(as_administrator, nonce).status_code == 200
