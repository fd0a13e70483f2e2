"""Who may make which call: every kind of caller against every call."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from django.utils import timezone

from apikeys.access.key_types import KEY_TYPES
from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR
from apikeys.choices import ActorKind
from apikeys.gate import Gate
from apikeys.keys.models import ApiKey
from apikeys.keys.services import deactivate_key, delete_key
from apikeys.organization.roles import (
    ADD_TOKENS,
    CHANGE_TOKENS,
    DELETE_TOKENS,
    PLUGIN_TOKEN_PERMISSIONS,
    VIEW_TOKENS,
)
from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.services import delete_plugin_token
from tests.plugin_tokens import (
    JSON,
    UNKNOWN_ID,
    bearer,
    make_full_key,
    make_key,
    make_location,
    make_token,
)

pytestmark = pytest.mark.django_db

CALLS = {
    "list": ("get", "/api/api-tokens", None),
    "read": ("get", "/api/api-tokens/{id}", None),
    "create": ("post", "/api/api-tokens", {"name": "new", "domains": "new.com"}),
    "delete": ("delete", "/api/api-tokens/{id}", None),
    "add": ("post", "/api/api-tokens/{id}/add-domains", {"domains": "more.com"}),
    "remove": ("post", "/api/api-tokens/{id}/delete-domains", {"domains": "b.com"}),
}
ALL = dict.fromkeys(CALLS, 200)
NO_CREDENTIAL = dict.fromkeys(CALLS, 401)
NOTHING = dict.fromkeys(CALLS, 403)
OTHERS = dict.fromkeys(CALLS, 404) | {"list": 200, "create": 200}


@pytest.fixture
def berlin():
    return make_location("Berlin")


def _deleted_key(berlin):
    text = make_full_key()
    delete_key(text.rpartition("_")[0], actor=OPERATOR, at=timezone.now())
    return text


def _inactive_key(berlin):
    text = make_full_key()
    deactivate_key(text.rpartition("_")[0], actor=OPERATOR, at=timezone.now())
    return text


def _deleted_token(berlin):
    token, text = make_token("gone", location=berlin, marked=True)
    delete_plugin_token(token.public_id, actor=OPERATOR, at=timezone.now())
    return text


# The token that is called for is a token of Berlin.
CALLERS = {
    "nobody": (lambda berlin: None, NO_CREDENTIAL),
    "key-without-permissions": (lambda berlin: make_key(), NOTHING),
    "reader": (
        lambda berlin: make_key(VIEW_TOKENS),
        NOTHING | {"list": 200, "read": 200},
    ),
    "adder": (lambda berlin: make_key(ADD_TOKENS), NOTHING | {"create": 200}),
    "changer": (
        lambda berlin: make_key(CHANGE_TOKENS),
        NOTHING | {"add": 200, "remove": 200},
    ),
    "deleter": (lambda berlin: make_key(DELETE_TOKENS), NOTHING | {"delete": 200}),
    "full-key-of-the-agency": (lambda berlin: make_full_key(), ALL),
    "full-key-of-type-v2": (
        lambda berlin: make_key(*PLUGIN_TOKEN_PERMISSIONS, key_type="v2"),
        ALL,
    ),
    "full-key-of-the-location": (make_full_key, ALL),
    "full-key-of-another-location": (
        lambda berlin: make_full_key(make_location("Paris")),
        OTHERS,
    ),
    "deleted-key": (_deleted_key, NO_CREDENTIAL),
    "inactive-key": (_inactive_key, NO_CREDENTIAL),
    "marked-token-of-the-location": (
        lambda berlin: make_token("own", location=berlin, marked=True)[1],
        ALL,
    ),
    "unmarked-token-of-the-location": (
        lambda berlin: make_token("own", location=berlin)[1],
        NOTHING,
    ),
    "marked-token-of-another-location": (
        lambda berlin: make_token("p", location=make_location("Paris"), marked=True)[1],
        OTHERS,
    ),
    "marked-token-of-the-agency": (
        lambda berlin: make_token("agency's", marked=True)[1],
        OTHERS,
    ),
    "deleted-marked-token": (_deleted_token, NO_CREDENTIAL),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("caller", CALLERS)
def test_rights(client, berlin, caller, call):
    make_caller, expected = CALLERS[caller]
    credential = make_caller(berlin)
    token, _ = make_token("target", "a.com,b.com", location=berlin)
    before = _everything()

    response = _call(client, call, token.public_id, credential)

    assert response.status_code == expected[call], response.content
    if response.status_code != 200:
        assert list(response.json()) == ["message"]
        assert _everything() == before


@pytest.mark.parametrize("call", ["read", "delete", "add", "remove"])
def test_other_tenants_token_answers_with_the_bytes_of_an_unknown_one(
    client, berlin, call
):
    token, _ = make_token("target", "a.com,b.com", location=make_location("Paris"))
    credential = make_full_key(berlin)

    others = _call(client, call, token.public_id, credential)
    unknown = _call(client, call, UNKNOWN_ID, credential)

    assert (others.status_code, others.content) == (404, unknown.content)
    assert dict(others.headers) == dict(unknown.headers)


@pytest.mark.parametrize("call", CALLS)
def test_marked_token_is_refused_from_a_browser(client, berlin, call):
    token, value = make_token("own", "a.com,b.com", location=berlin, marked=True)
    before = _everything()

    response = _call(client, call, token.public_id, value, HTTP_ORIGIN="https://a.com")

    assert response.status_code == 403
    assert response.json() == {
        "message": "A plugin token manages tokens from a server, never from a browser."
    }
    assert _everything() == before


def test_lists_hold_what_the_caller_reaches(client, berlin):
    make_token("agency's")
    make_token("berlin's", location=berlin)
    _, marked = make_token("berlin's own", location=berlin, marked=True)
    _, agency_marked = make_token("agency's own", marked=True)

    def names(credential):
        body = client.get("/api/api-tokens", **bearer(credential)).json()
        return [token["name"] for token in body["data"]]

    of_berlin, of_agency = ["berlin's", "berlin's own"], ["agency's", "agency's own"]
    assert names(make_full_key(berlin)) == of_berlin
    assert names(marked) == of_berlin
    assert names(agency_marked) == of_agency
    assert names(make_full_key()) == ["agency's", *of_berlin, "agency's own"]
    assert names(make_full_key(make_location("Paris"))) == []


def test_marked_token_makes_tokens_of_its_own_location(client, berlin):
    _, value = make_token("own", location=berlin, marked=True)

    _call(client, "create", None, value)

    assert PluginToken.objects.get(name="new").location == berlin


def test_marked_token_is_named_in_the_audit_trail(client, berlin):
    token, value = make_token("own", location=berlin, marked=True)

    _call(client, "create", None, value)

    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor_kind, entry.actor, entry.address) == (
        ActorKind.PLUGIN_TOKEN,
        f"own ({token.public_id})",
        "127.0.0.1",
    )


def test_key_is_named_in_the_audit_trail(client):
    text = make_full_key()
    key = ApiKey.objects.get()

    _call(client, "create", None, text)

    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor_kind, entry.actor, entry.address) == (
        ActorKind.KEY,
        f"{key.name} ({key.key_id})",
        "127.0.0.1",
    )


def test_reader_is_not_handed_a_token_that_may_do_more(client, berlin):
    """No privilege escalation: a marked token's value would let its reader delete."""
    marked, value = make_token("marked", location=berlin, marked=True)
    reader, full = make_key(VIEW_TOKENS), make_full_key()

    seen_by_reader = _call(client, "read", marked.public_id, reader).json()
    listed = _call(client, "list", None, reader).json()
    seen_by_full = _call(client, "read", marked.public_id, full).json()

    assert seen_by_reader["data"]["token"] is None
    assert [token["token"] for token in listed["data"]] == [None]
    assert seen_by_full["data"]["token"] == value


def test_replacing_a_marked_token_without_all_rights_takes_the_mark_away(client):
    """No privilege escalation: who may only add gets a value that may only be used."""
    make_token("new", marked=True)

    body = _call(client, "create", None, make_key(ADD_TOKENS)).json()

    assert body["replaced"] is True
    assert PluginToken.objects.get().may_manage_tokens is False
    own = client.get("/api/api-tokens", **bearer(body["data"]["token"]))
    assert own.status_code == 403
    assert AuditEntry.objects.latest("pk").changes["may_manage_tokens"] == [True, False]


def test_replacing_a_marked_token_with_all_rights_keeps_the_mark(client):
    make_token("new", marked=True)

    body = _call(client, "create", None, make_full_key()).json()

    assert PluginToken.objects.get().may_manage_tokens is True
    assert client.get("/api/api-tokens", **bearer(body["data"]["token"])).json() == {
        "data": [body["data"]]
    }


def test_plugin_token_opens_no_other_endpoint(client):
    _, value = make_token(marked=True)

    for path in ("/api/whoami", "/api/explain?path=/x", "/api/schema", "/api/nothing"):
        assert client.get(path, **bearer(value)).status_code == 401


def test_plugin_token_never_passes_the_gate(settings, rf):
    settings.TRUSTED_PROXIES = (ip_network("127.0.0.1"),)
    _, value = make_token(marked=True)
    answers: list[str] = []
    environ = rf.get(
        "/gate",
        REMOTE_ADDR="127.0.0.1",
        HTTP_X_ORIGINAL_METHOD="GET",
        HTTP_X_ORIGINAL_URI="/api/api-tokens",
        HTTP_X_FORWARDED_FOR="192.0.2.1",
        HTTP_AUTHORIZATION=f"Bearer {value}",
    ).environ

    def start_response(status: str, *arguments: Any) -> Any:
        answers.append(status)

    Gate(lambda *_: [])(environ, start_response)

    assert answers == ["401 Unauthorized"]


def test_key_whose_type_does_not_cover_tokens_is_refused():
    covering = [
        name for name, kind in KEY_TYPES.items() if "/api/api-tokens" in kind.prefixes
    ]

    assert covering == ["v1", "v2"]


def _call(client, call, token_id, credential, **extra):
    method, path, body = CALLS[call]
    headers = bearer(credential) if credential else {}
    arguments = {} if body is None else {"data": body, "content_type": JSON}
    return getattr(client, method)(
        path.format(id=token_id), **arguments, **headers, **extra
    )


def _everything():
    tokens = PluginToken.objects.order_by("pk")
    return (
        list(tokens.values("public_id", "name", "domains", "digest", "version")),
        AuditEntry.objects.count(),
    )
