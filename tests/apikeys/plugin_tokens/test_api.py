"""The contract of `/api/api-tokens`, case by case, as a client of the original sees it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from apikeys.audit.models import AuditEntry
from apikeys.choices import AuditAction
from apikeys.plugin_tokens.models import PluginToken
from tests.plugin_tokens import (
    JSON,
    UNKNOWN_ID,
    authorize,
    bearer,
    make_full_key,
    make_location,
    make_token,
)

pytestmark = pytest.mark.django_db

NOT_FOUND = b'{"message":"There is no plugin token with this ID."}'


def test_list_without_tokens_is_empty(api):
    response = api("GET", "/api/api-tokens")

    assert (response.status_code, response.json()) == (200, {"data": []})
    assert response["Content-Type"] == JSON
    assert response["Cache-Control"] == "no-store"


def test_posted_token_is_listed_as_it_was_answered(api):
    posted = api(
        "POST", "/api/api-tokens", {"name": "acme", "domains": "example.com,b.org"}
    )

    assert posted.status_code == 200
    data = posted.json()["data"]
    assert posted.json() == {"data": data}
    assert list(data) == ["id", "name", "token", "domains", "created_at"]
    assert (data["name"], data["domains"]) == ("acme", "example.com,b.org")
    assert re.fullmatch(r"kp_[0-9A-Z]{16}_[0-9A-Za-z]{38}", data["token"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", data["created_at"])
    assert api("GET", "/api/api-tokens").json() == {"data": [data]}
    assert api("GET", f"/api/api-tokens/{data['id']}").json() == {"data": data}


def test_times_are_utc_wherever_the_server_stands(api, client):
    token, _ = make_token()
    PluginToken.objects.update(created_at=datetime(2023, 1, 1, tzinfo=UTC))
    client.cookies["timezone"] = "Asia/Tokyo"

    response = api("GET", f"/api/api-tokens/{token.public_id}")

    assert response.json()["data"]["created_at"] == "2023-01-01T00:00:00.000000Z"


def test_deleted_token_is_gone_and_says_success(api):
    token, _ = make_token()

    response = api("DELETE", f"/api/api-tokens/{token.public_id}")

    assert (response.status_code, response.json()) == (200, {"success": True})
    again = api("DELETE", f"/api/api-tokens/{token.public_id}")
    assert (again.status_code, again.content) == (404, NOT_FOUND)


def test_added_domains_come_after_those_that_are_there(api):
    token, value = make_token(domains="example.com")

    response = api(
        "POST",
        f"/api/api-tokens/{token.public_id}/add-domains",
        {"domains": "new.org, EXAMPLE.com,münchen.de:8080"},
    )

    assert response.status_code == 200
    assert response.json()["data"]["token"] == value
    assert response.json()["data"]["domains"] == (
        "example.com,new.org,xn--mnchen-3ya.de:8080"
    )


def test_removed_domains_leave_the_others(api):
    token, _ = make_token(domains="a.com,b.com,c.com")

    response = api(
        "POST",
        f"/api/api-tokens/{token.public_id}/delete-domains",
        {"domains": "B.com.,absent.org"},
    )

    assert response.status_code == 200
    assert response.json()["data"]["domains"] == "a.com,c.com"


@pytest.mark.parametrize(
    ("action", "domains"),
    [("add-domains", "example.com"), ("delete-domains", "absent.org")],
)
def test_change_that_changes_nothing_answers_200_and_leaves_no_trace(
    api, action, domains
):
    token, _ = make_token()
    before = AuditEntry.objects.count()

    response = api(
        "POST", f"/api/api-tokens/{token.public_id}/{action}", {"domains": domains}
    )

    assert response.status_code == 200
    assert response.json()["data"]["domains"] == "example.com"
    assert AuditEntry.objects.count() == before
    assert PluginToken.objects.get().version == token.version


def test_last_domain_cannot_be_removed(api):
    token, _ = make_token(domains="a.com,b.com")

    response = api(
        "POST",
        f"/api/api-tokens/{token.public_id}/delete-domains",
        {"domains": "a.com,b.com"},
    )

    text = "A token needs at least one domain; delete the token instead."
    assert response.status_code == 422
    assert response.json() == {"message": text, "errors": {"domains": [text]}}
    assert PluginToken.objects.get().domains == ["a.com", "b.com"]


def test_posting_a_name_again_replaces_value_and_domains_in_place(api, client):
    _, other_value = make_token("other")
    first = api("POST", "/api/api-tokens", {"name": "acme", "domains": "a.com"}).json()

    second = api("POST", "/api/api-tokens", {"name": "acme", "domains": "b.com"}).json()

    assert list(second) == ["data", "replaced"]
    assert second["replaced"] is True
    assert second["data"]["id"] == first["data"]["id"]
    assert second["data"]["created_at"] == first["data"]["created_at"]
    assert second["data"]["domains"] == "b.com"
    old, new = first["data"]["token"], second["data"]["token"]
    assert authorize(client, old, "https://a.com").status_code == 403
    assert authorize(client, new, "https://a.com").status_code == 403
    assert authorize(client, new, "https://b.com").status_code == 200
    assert authorize(client, other_value, "https://example.com").status_code == 200
    entry = AuditEntry.objects.latest("pk")
    assert entry.action == AuditAction.PLUGIN_TOKEN_REPLACED
    assert entry.changes == {
        "value": ["set", "set anew"],
        "domains_added": [None, ["b.com"]],
        "domains_removed": [["a.com"], None],
    }


def test_same_name_in_a_location_is_another_token(api):
    make_token("acme", location=make_location())

    response = api("POST", "/api/api-tokens", {"name": "acme", "domains": "a.com"})

    assert "replaced" not in response.json()
    assert PluginToken.objects.count() == 2


def test_location_of_a_new_token_is_that_of_its_key(client):
    location = make_location()

    client.post(
        "/api/api-tokens",
        {"name": "acme", "domains": "a.com"},
        JSON,
        **bearer(make_full_key(location)),
    )

    assert PluginToken.objects.get().location == location


def test_smuggled_fields_are_ignored(api):
    api(
        "POST",
        "/api/api-tokens",
        {
            "name": "acme",
            "domains": "a.com",
            "id": UNKNOWN_ID,
            "token": "kp_mine",
            "may_manage_tokens": True,
            "location": 1,
            "created_at": "2001-01-01T00:00:00Z",
        },
    )

    token = PluginToken.objects.get()
    assert str(token.public_id) != UNKNOWN_ID
    assert token.value() != "kp_mine"
    assert not token.may_manage_tokens
    assert token.created_at.year != 2001


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    "content_type", [JSON, "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_every_path_takes_a_slash_and_every_body_json_or_form(
    client, full_key, slash, content_type
):
    def post(path, **fields):
        boundary = "boundary"
        bodies = {
            JSON: (json.dumps(fields), JSON),
            "application/x-www-form-urlencoded": (
                "&".join(f"{name}={text}" for name, text in fields.items()),
                content_type,
            ),
            "multipart/form-data": (
                "".join(
                    f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
                    f"\r\n\r\n{text}\r\n"
                    for name, text in fields.items()
                )
                + f"--{boundary}--\r\n",
                f"multipart/form-data; boundary={boundary}",
            ),
        }
        body, full_type = bodies[content_type]
        return client.post(f"{path}{slash}", body, full_type, **bearer(full_key))

    token_id = post("/api/api-tokens", name="a", domains="a.com").json()["data"]["id"]
    path = f"/api/api-tokens/{token_id}"

    assert post(f"{path}/add-domains", domains="b.com").json()["data"]["domains"] == (
        "a.com,b.com"
    )
    assert post(f"{path}/delete-domains", domains="a.com").json()["data"][
        "domains"
    ] == ("b.com")
    assert client.get(f"{path}{slash}", **bearer(full_key)).status_code == 200
    assert (
        len(client.get(f"/api/api-tokens{slash}", **bearer(full_key)).json()["data"])
        == 1
    )
    assert client.delete(f"{path}{slash}", **bearer(full_key)).json() == {
        "success": True
    }


def test_list_is_one_query_however_long(api, django_assert_num_queries):
    make_token("first")
    api("GET", "/api/api-tokens")

    # The other one asks for the cache version of keys.
    with django_assert_num_queries(2):
        assert len(api("GET", "/api/api-tokens").json()["data"]) == 1
    for number in range(30):
        make_token(f"token {number}")
    api("GET", "/api/api-tokens")
    with django_assert_num_queries(2):
        assert len(api("GET", "/api/api-tokens").json()["data"]) == 31


def test_list_is_paged_when_asked(api, monkeypatch):
    monkeypatch.setattr("apikeys.plugin_tokens.topol.views.PAGE_SIZE", 2)
    for number in range(5):
        make_token(f"token {number}")
    # Equal times are told apart by their IDs.
    PluginToken.objects.update(created_at=datetime(2024, 5, 1, tzinfo=UTC))

    pages, cursor = [], ""
    while cursor is not None:
        body = api("GET", f"/api/api-tokens?cursor={cursor}").json()
        pages.append([token["id"] for token in body["data"]])
        cursor = body["next_cursor"]

    whole = api("GET", "/api/api-tokens").json()
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [token for page in pages for token in page] == [
        token["id"] for token in whole["data"]
    ]
    assert list(whole) == ["data"]


@pytest.mark.parametrize("cursor", ["x", "0" * 45, "0" * 47, "f" * 45 + "g"])
def test_cursor_of_nobody_is_422(api, cursor):
    response = api("GET", f"/api/api-tokens?cursor={cursor}")

    text = "This is no cursor of this list."
    assert response.status_code == 422
    assert response.json() == {"message": text, "errors": {"cursor": [text]}}


def test_cursor_at_the_end_of_time_is_an_empty_page(api):
    make_token()

    response = api("GET", f"/api/api-tokens?cursor={'f' * 46}")

    assert response.json() == {"data": [], "next_cursor": None}


def test_token_that_no_key_opens_does_not_break_the_list(api, settings, caplog):
    lost, _ = make_token("lost")
    settings.FIELD_ENCRYPTION_KEYS = ["b25lbW9yZWtleWZvcnRlc3RzLW9uZW1vcmVrZXktLS0="]
    _, value = make_token("readable")

    response = api("GET", "/api/api-tokens")

    assert [(t["name"], t["token"]) for t in response.json()["data"]] == [
        ("lost", None),
        ("readable", value),
    ]
    assert f"No key opens plugin token {lost.pk} (lost)." in caplog.text
