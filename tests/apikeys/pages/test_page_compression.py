"""Pages are compressed; answers that carry a secret never are."""

from __future__ import annotations

import gzip

import pytest

from apikeys.keys.models import ApiKey
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory
from tests.plugin_tokens import make_token

GZIP = {"Accept-Encoding": "gzip, br"}


@pytest.mark.parametrize(
    "path", ["/settings/login/", screens.KEYS, screens.ADD, screens.ROLES, "/api/docs"]
)
def test_page_is_compressed(as_administrator, anonymous, path):
    client = anonymous if "login" in path else as_administrator

    plain = client.get(path)
    packed = client.get(path, headers=GZIP)

    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) < len(plain.content) / 2
    assert packed["Content-Length"] == str(len(packed.content))
    assert b"</html>" in gzip.decompress(packed.content)


def test_lengths_of_a_page_vary(as_administrator):
    lengths = {
        len(as_administrator.get(screens.ADD, headers=GZIP).content) for _ in range(12)
    }

    assert len(lengths) > 1


def test_answer_with_a_token_is_not_compressed(as_administrator):
    response = as_administrator.post(screens.ADD, screens.issue_form(), headers=GZIP)

    assert ApiKey.objects.get().key_id in response.content.decode()
    assert "Content-Encoding" not in response


@pytest.mark.parametrize("part", ["rotate/", "password/"])
def test_other_answers_with_a_secret_are_not_compressed(as_administrator, part):
    kind = "v1" if part == "rotate/" else "webservice_standard"
    key = IssuedFactory(key_type=kind, fields__endpoints=()).key

    response = as_administrator.post(
        screens.page_of(key, part), screens.rotate_form(key), headers=GZIP
    )

    assert response.status_code == 200
    assert "Content-Encoding" not in response


def test_value_of_a_plugin_token_is_not_compressed(as_administrator):
    token, value = make_token()

    response = as_administrator.post(
        f"/settings/apikeys/plugintoken/{token.public_id}/show/", headers=GZIP
    )

    assert value in response.content.decode()
    assert "Content-Encoding" not in response


def test_answers_of_the_api_are_not_compressed(client, db):
    key = IssuedFactory(fields__endpoints=())
    headers = GZIP | {"Authorization": f"Bearer {key.token.text}"}

    for path in ("/api/whoami", "/api/schema", "/api/api-tokens"):
        assert "Content-Encoding" not in client.get(path, headers=headers)


def test_value_of_a_plugin_token_is_shown_by_no_get(as_administrator):
    token, value = make_token()
    page = f"/settings/apikeys/plugintoken/{token.public_id}/"

    assert value not in as_administrator.get(page).content.decode()
    assert value not in as_administrator.get(f"{page}show/").content.decode()
