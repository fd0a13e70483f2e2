from __future__ import annotations

import json

import pytest

from apikeys.keys.routes import declared_routes
from tests.factories import IssuedFactory, RoleFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.apikeys.api.echo_urls"),
]


def test_missing_permission_is_named(call, assert_problem):
    body = assert_problem(call("/api/egress/guarded"), 403, "permission_missing")

    assert body["detail"] == "None of the key's roles holds apikeys.view_auditentry."


def test_permission_of_a_role_lets_the_call_pass(client, assert_problem):
    role = RoleFactory(permissions=["apikeys.view_auditentry"])
    issued = IssuedFactory(roles=[role])
    headers = {"Authorization": f"Bearer {issued.token.text}"}

    assert client.get("/api/egress/guarded", headers=headers).status_code == 200
    assert client.head("/api/egress/guarded", headers=headers).status_code == 200
    response = client.post("/api/egress/guarded", headers=headers)
    assert_problem(response, 403, "permission_missing")


def test_view_without_authentication_has_no_calling_key(client):
    with pytest.raises(TypeError, match="not authenticated with a key"):
        client.get("/api/egress/open")


def test_person_is_never_taken_for_a_key(client, admin_user, assert_problem):
    client.force_login(admin_user)

    assert_problem(client.get("/api/egress/echo"), 401, "credentials_missing")


def test_throttled_call_is_told_when_to_come_back(call, assert_problem):
    response = call("/api/egress/busy")

    assert_problem(response, 429, "throttled")
    assert response["Retry-After"] == "5"


def test_caller_of_too_many_tries_is_told_when_to_come_back(call, assert_problem):
    response = call("/api/egress/raise/tries")

    assert_problem(response, 429, "throttled")
    assert response["Retry-After"] == "42"


def test_call_beyond_the_hashes_at_once_is_told_to_come_back(
    call, assert_problem, settings
):
    assert call("/api/egress/password").json() == {"is_right": True}
    settings.PASSWORD_HASHES_AT_ONCE = 0

    response = call("/api/egress/password")

    assert_problem(response, 503, "server_busy")
    assert response["Retry-After"] == "1"


def test_invalid_values_are_named(call, assert_problem):
    body = assert_problem(call("/api/egress/raise/invalid"), 400, "invalid")

    assert body["errors"] == {"name": ["Too long."]}
    assert body["detail"] == "Some values do not fit."


def test_absent_object_is_a_problem(call, assert_problem):
    body = assert_problem(call("/api/egress/raise/absent"), 404, "not_found")

    assert body["detail"] == "Not found."


def test_denied_call_keeps_its_text(call, assert_problem):
    body = assert_problem(call("/api/egress/raise/denied"), 403, "permission_denied")

    assert body["detail"] == "Not yours."


def test_bug_is_left_to_django(call):
    with pytest.raises(ZeroDivisionError):
        call("/api/egress/raise/bug")


def test_other_method_is_a_problem(call, assert_problem):
    response = call("/api/whoami", "post")

    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="truncated"),
        pytest.param(b'{"a": "\xff"}', id="not-utf-8"),
        pytest.param(b"[" * 60_000, id="deeply-nested"),
        pytest.param(b"9" * 60_000, id="huge-number"),
        pytest.param(b'{"a": NaN}', id="not-a-number"),
    ],
)
def test_malformed_json_is_a_problem(body, call, assert_problem):
    response = call(
        "/api/egress/echo", "post", data=body, content_type="application/json"
    )

    assert_problem(response, 400, "parse_error")


def test_unknown_body_type_is_a_problem(call, assert_problem):
    response = call("/api/egress/echo", "post", data="<a/>", content_type="text/xml")

    assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "image/*",
        "application/xml;q=0.9, application/json;q=0",
        "nonsense",
        ",;=",
        "",
        "x" * 10_000,
    ],
)
def test_whatever_is_accepted_the_answer_is_json(accept, call, client, assert_problem):
    response = call("/api/whoami", headers={"Accept": accept})

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    response = client.get("/api/whoami", headers={"Accept": accept})
    assert_problem(response, 401, "credentials_missing")


@pytest.mark.parametrize("accept", ["image/png", "application/json", "text/html"])
def test_description_of_the_api_is_json_where_nothing_else_is_wanted(accept, call):
    response = call("/api/schema", headers={"Accept": accept})

    assert response.status_code == 200
    assert response.json()["openapi"].startswith("3.")


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("url", ["/api", "/api/", "/api/egress/none", "/api/v3/x/"])
def test_path_that_is_no_endpoint_is_refused_by_the_key_first(
    url, method, client, call, assert_problem
):
    assert_problem(getattr(client, method)(url), 401, "credentials_missing")

    response = call(url, method)
    if url.startswith("/api/egress"):
        assert_problem(response, 404, "not_found")
    else:
        assert_problem(response, 403, "type_not_allowed")


@pytest.mark.parametrize(
    "url",
    [
        "/api//whoami",
        "/api/./whoami",
        "/api/egress/%2e%2e/whoami",
        "/api/egress/..%2fwhoami",
        "/api/egress%5cleads",
        "/api/egress/leads;x=1",
        "/api/egress/a%00b",
        "/api/egress/a%0ab",
        "/api/egress/a%0a",
        "/api/egress//",
    ],
)
def test_path_with_a_trap_is_refused(url, client, call, assert_problem):
    assert_problem(client.get(url), 401, "credentials_missing")

    assert_problem(call(url), 400, "path_malformed")


def test_twins_with_a_slash_are_the_same_endpoint(call):
    names = ("whoami", "explain?path=/api/egress/x", "schema")

    for name in names:
        head, _, query = name.partition("?")
        plain = call(f"/api/{head}?{query}")
        slash = call(f"/api/{head}/?{query}")
        assert plain.status_code == slash.status_code == 200
        assert plain.content == slash.content


def test_twin_with_a_slash_counts_as_the_endpoint_for_patterns(client, assert_problem):
    issued = IssuedFactory(fields__endpoints=("/api/egress/echo",))
    headers = {"Authorization": f"Bearer {issued.token.text}"}

    assert client.get("/api/egress/echo", headers=headers).status_code == 200
    response = client.get("/api/egress/echo/", headers=headers)
    assert_problem(response, 404, "not_found")  # passed, and there is no such twin
    response = client.get("/api/egress/echo/x", headers=headers)
    assert_problem(response, 403, "endpoint_not_allowed")


def test_head_is_a_get_without_a_body(call, client):
    response = call("/api/whoami", "head")
    assert (response.status_code, response.content) == (200, b"")

    refused = client.head("/api/whoami")
    assert (refused.status_code, refused.content) == (401, b"")


def test_options_needs_a_key_too(call, client, assert_problem):
    assert_problem(client.options("/api/whoami"), 401, "credentials_missing")

    assert call("/api/whoami", "options").status_code == 200


def test_every_path_stands_in_the_url_conf_twice():
    named = {
        route.text for route in declared_routes() if route.declared not in (None, {})
    } - {"/api/egress/guarded"}

    plain = {route for route in named if not route.endswith("/")}
    assert named - plain == {f"{route}/" for route in plain}


def test_problem_body_is_json_whatever_the_text(call):
    response = call("/api/egress/%22%3C%C3%A9%E2%80%A8x")

    assert json.loads(response.content)["code"] == "not_found"
