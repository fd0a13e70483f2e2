"""The API reference: a page of Settings, for who may see it, with examples that are true."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.access.refusals import all_refusals
from apikeys.api import examples
from apikeys.api.reference import _Reader, reference
from apikeys.changes.actors import OPERATOR
from apikeys.keys.rotation import rotate_key
from apikeys.plugin_tokens.topol import examples as token_examples
from tests.apikeys.presenting import basic
from tests.factories import IssuedFactory, PersonFactory
from tests.plugin_tokens import JSON, make_full_key

pytestmark = pytest.mark.django_db

DOCS = "/api/docs"
PAGE = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate"}
OLD_BROWSER = {"Accept": "text/html,*/*;q=0.8"}
DOCUMENT = {"Accept": "application/vnd.oai.openapi+json"}
PROXYS_OWN = basic("office:password")


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "headers",
    [PAGE, OLD_BROWSER, PAGE | PROXYS_OWN],
    ids=["browser", "old-browser", "behind-a-proxy-with-basic"],
)
@pytest.mark.parametrize("path", [DOCS, f"{DOCS}/", f"{DOCS}?page=2"])
def test_signed_out_browser_goes_to_the_sign_in_and_comes_back(client, path, headers):
    response = client.get(path, headers=headers)

    assert response.status_code == 302
    assert response["Location"] == f"/settings/login/?next={path}".replace(
        "?page=2", "%3Fpage%3D2"
    )
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        (DOCS, {}, "credentials_missing"),
        (DOCS, {"Accept": "*/*"}, "credentials_missing"),
        (DOCS, PROXYS_OWN, "credentials_missing"),
        (DOCS, PAGE | basic("kd_office:password"), "credentials_malformed"),
        (DOCS, PAGE | {"Authorization": "Token x"}, "credentials_malformed"),
        (DOCS, PAGE | PROXYS_OWN | {"X-Api-Key": "x"}, "credentials_malformed"),
        (DOCS, PAGE | bearer("hunter2"), "credentials_malformed"),
        (DOCS, PAGE | {"X-Api-Key": "hunter2"}, "credentials_malformed"),
        (
            DOCS,
            {"Accept": "text/html", "Sec-Fetch-Mode": "cors"},
            "credentials_missing",
        ),
        ("/api/schema", {"Sec-Fetch-Mode": "navigate"}, "credentials_missing"),
        ("/api/whoami", {"Sec-Fetch-Mode": "navigate"}, "credentials_missing"),
    ],
)
def test_everything_else_without_a_key_gets_a_problem(client, path, headers, code):
    response = client.get(path, headers=headers)

    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == code


def test_post_of_a_stranger_is_no_page_load(client):
    assert client.post(DOCS, headers=PAGE).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        PROXYS_OWN,
        {"Authorization": "Negotiate YIIB"},
        {"Authorization": 'digest username="office"'},
    ],
)
@pytest.mark.parametrize("path", [DOCS, "/api/schema"])
def test_proxys_own_authorization_does_not_shut_a_person_out(as_reader, path, headers):
    response = as_reader.get(path, headers=headers)

    assert response.status_code == 200


def test_key_beside_a_proxys_own_authorization_is_judged(client):
    key = IssuedFactory(fields__endpoints=())
    headers = PROXYS_OWN | {"X-Api-Key": key.token.text}

    assert client.get(DOCS, headers=headers).status_code == 200


def test_person_who_may_not_look_is_told_so_on_a_page(as_outsider):
    response = as_outsider.get(DOCS, headers=PAGE)

    assert response.status_code == 403
    assert "Your account may not open this page." in response.content.decode()


def test_page_has_the_navigation_of_settings(as_reader):
    page = as_reader.get(DOCS, headers=PAGE).content.decode()

    assert '<a href="/api/docs" aria-current="page">API reference</a>' in page
    assert "API keys" in page
    assert 'class="theme-toggle"' in page


def test_key_reads_the_page_without_navigation(client):
    key = IssuedFactory(key_type="sms", fields__endpoints=())

    response = client.get(DOCS, headers=bearer(key.token.text))

    assert response.status_code == 200
    assert "/api/whoami" in response.content.decode()
    assert 'id="navigation"' not in response.content.decode()
    assert key.token.secret not in response.content.decode()


def test_page_says_what_each_operation_needs_and_every_code(as_reader):
    page = html.unescape(as_reader.get(DOCS).content.decode())

    assert "A key with a role that holds “Plugin tokens: create”." in page
    assert "No key: a plugin token, asked by a browser." in page
    for refusal in all_refusals():
        assert f"<code>{refusal.code}</code>" in page


def test_examples_call_this_server(as_reader):
    page = html.unescape(as_reader.get(DOCS, headers={"Host": "localhost"}).text)

    assert "http://localhost/api/api-tokens\n" not in page
    assert re.findall(r"https?://(?!localhost/)\w", page) == []
    assert (
        'curl -X POST -H "Authorization: Bearer $API_TOKEN" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        '  -d \'{"name": "Shop of the north",' in page
    )


def test_page_is_made_of_the_whole_document(as_reader):
    document = json.loads(as_reader.get("/api/schema", headers=DOCUMENT).content)

    listed = {
        (operation.path, operation.method.lower())
        for group in reference("")
        for operation in group.operations
    }
    assert listed == {
        (path, method)
        for path, methods in document["paths"].items()
        for method in methods
    }


def test_every_answer_has_an_example():
    without = [
        (operation.id, answer.status)
        for group in reference("")
        for operation in group.operations
        for answer in operation.answers
        if not answer.example
    ]

    assert without == []


def shape(value):
    """What kind of values stand where; of a list, its first."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value)


def test_example_of_whoami_is_what_it_answers(client):
    key = IssuedFactory(
        fields__networks=("127.0.0.0/24",), fields__endpoints=("GET /api/egress/*",)
    )
    rotated = rotate_key(
        key.key.key_id,
        overlap=timedelta(days=7),
        nonce="n" * 20,
        actor=OPERATOR,
        at=timezone.now(),
    )

    answer = client.get("/api/whoami", headers=bearer(rotated.token.text)).json()

    assert shape(answer) == shape(examples.WHOAMI)
    for name in ("type", "roles", "permissions", "location", "endpoints"):
        assert answer[name] == examples.WHOAMI[name]


def test_example_of_explain_is_what_it_answers(client):
    key = IssuedFactory(fields__endpoints=("GET /api/egress/*",), expires_at=None)

    answer = client.get(
        f"/api/explain?path={examples.PATH}&address=127.0.0.1",
        headers=bearer(key.token.text),
    )

    assert answer.json() == examples.EXPLANATION


def test_examples_of_plugin_tokens_are_what_they_take_and_answer(client):
    def send(method, path, body=None):
        return client.generic(
            method,
            f"/api/api-tokens{path}",
            json.dumps(body) if body else "",
            JSON,
            headers=bearer(full),
        ).json()

    full = make_full_key()
    made = send("POST", "", token_examples.NEW_TOKEN)
    token_id = made["data"]["id"]
    added = send("POST", f"/{token_id}/add-domains", token_examples.ADDED)
    removed = send("POST", f"/{token_id}/delete-domains", token_examples.REMOVED)

    assert shape(made) == {"data": shape(token_examples.TOKEN)}
    assert made["data"]["domains"] == token_examples.TOKEN["domains"]
    assert added["data"]["domains"] == "example.com,localhost:3000,shop.example.com"
    assert removed["data"]["domains"] == "example.com,shop.example.com"
    assert send("GET", f"/{token_id}") == removed
    allowed = client.post(
        "/api/plugin/authorize",
        {"token": made["data"]["token"]},
        headers={"Origin": "https://example.com"},
    )
    assert shape(allowed.json()) == shape(token_examples.ALLOWED)


def test_values_of_the_document_are_no_markup(as_reader):
    person = PersonFactory(username="<b>eve</b>", roles=["Account Reader"])
    as_reader.force_login(person)

    page = as_reader.get(DOCS).content.decode()

    assert "<b>eve</b>" not in page


def test_document_without_examples_gets_some_made():
    listed = {"type": "array", "items": {"type": "string", "format": "date"}}
    properties = {
        "id": {"type": "integer"},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "is_open": {"type": "boolean"},
        "days": listed,
        "self": {"$ref": "#/components/schemas/Thing"},
        "given": {"type": "string", "example": "given"},
    }
    thing = {"type": "object", "properties": properties}
    schema = {"schema": {"$ref": "#/components/schemas/Thing"}}
    operation = {
        "operationId": "make_thing",
        "tags": ["Things"],
        "requestBody": {"content": {JSON: schema}},
        "responses": {"200": {"content": {JSON: schema}}, "204": {}},
    }
    document = {
        "paths": {"/api/things": {"post": operation}},
        "components": {"schemas": {"Thing": thing}},
    }

    ((_, made),) = _Reader(document, "https://crm.example.com").operations()

    example = json.loads(made.answers[0].example)
    assert example.pop("self")["id"] == 1
    assert example == {
        "id": 1,
        "kind": "a",
        "is_open": True,
        "days": ["2027-02-19"],
        "given": "given",
    }
    assert (made.answers[1].text, made.answers[1].example) == ("No Content", "")
    assert [value.kind for value in made.values][3] == "list of date"
