"""A plugin token's value is in answers that show it, encrypted in its row, and nowhere else."""

from __future__ import annotations

import logging

import pytest
from django.apps import apps

from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.services import replace_value, reveal_value
from tests.plugin_tokens import (
    JSON,
    authorize,
    bearer,
    change,
    make_full_key,
    make_token,
)

pytestmark = pytest.mark.django_db


def test_value_is_in_no_row_and_no_log(client, caplog):
    caplog.set_level(logging.DEBUG)
    key = make_full_key()

    def post(path, **body):
        return client.post(path, body, JSON, **bearer(key))

    data = post("/api/api-tokens", name="acme", domains="a.com").json()["data"]
    values = [data["token"]]
    path = f"/api/api-tokens/{data['id']}"
    post(f"{path}/add-domains", domains="b.com")
    post(f"{path}/delete-domains", domains="a.com")
    post(f"{path}/delete-domains", domains="b.com")
    values.append(
        post("/api/api-tokens", name="acme", domains="a.com").json()["data"]["token"]
    )
    values.append(replace_value(PluginToken.objects.get().public_id, **change()).value)
    reveal_value(PluginToken.objects.get().public_id, **change())
    for value in values:
        authorize(client, value, "https://a.com")
        authorize(client, value, "https://evil.org")
        client.get("/api/api-tokens", **bearer(value))
    client.get("/api/api-tokens", **bearer(key))
    client.delete(path, **bearer(key))

    everything = _dump() + caplog.text
    assert "plugin_token_deleted" in everything
    for value in values:
        assert value not in everything
        assert value.rpartition("_")[2] not in everything


def test_value_is_not_in_the_texts_of_objects(client):
    token, value = make_token()

    for text in (str(token), repr(token), str(token.__dict__)):
        assert value.rpartition("_")[2] not in text


def test_refusal_does_not_repeat_the_token(client):
    _, value = make_token()

    for response in (
        authorize(client, value, "https://evil.org"),
        client.get("/api/api-tokens", **bearer(value)),
        client.get("/api/api-tokens", **bearer(value[:-1])),
    ):
        assert value[:-1].encode() not in response.content


def _dump() -> str:
    return "\n".join(
        str(row)
        for model in apps.get_models()
        for row in model._default_manager.values()
    )
