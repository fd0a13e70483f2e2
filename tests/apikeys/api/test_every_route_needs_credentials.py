from __future__ import annotations

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import AccountReaderFactory, IssuedFactory, PersonFactory

pytestmark = pytest.mark.django_db

# Every route that answers without a key or a session. Nothing else may.
PUBLIC = {
    "/",  # leads to the sign-in
    "/healthz",
    "/readyz",
    "/settings/login/",
    # Asked by the browser of a page's visitor, with a token that is public.
    "/api/plugin/authorize",
    "/api/plugin/authorize/",
}
SETTINGS = "/settings/"
METHODS = ["get", "head", "post", "put", "patch", "delete", "options"]


def _routes(resolver, prefix=""):
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern, route)
        else:
            assert isinstance(pattern, URLPattern)
            yield route


def _example(route: str) -> str:
    """Return a path that the route matches."""
    if route.startswith("^api"):
        return "/api/no/such/endpoint"
    path = re.sub(r"<(?:int:)[^>]+>", "1", route)
    path = re.sub(r"<[^>]+>", "kd_0123456789ABCDEF", path)
    path = re.sub(r"\(\?P<[^>]+>[^)]*\)", "1", path)
    return "/" + re.sub(r"[\^$\\]|\(\?:.*", "", path)


PATHS = sorted({_example(route) for route in _routes(get_resolver())})
API_PATHS = [path for path in PATHS if path.startswith("/api") and path not in PUBLIC]


def test_walk_finds_the_routes():
    assert (
        API_PATHS
        == [
            "/api/api-tokens",
            "/api/api-tokens/",
            "/api/api-tokens/kd_0123456789ABCDEF",
            "/api/api-tokens/kd_0123456789ABCDEF/",
            "/api/api-tokens/kd_0123456789ABCDEF/add-domains",
            "/api/api-tokens/kd_0123456789ABCDEF/add-domains/",
            "/api/api-tokens/kd_0123456789ABCDEF/delete-domains",
            "/api/api-tokens/kd_0123456789ABCDEF/delete-domains/",
            "/api/docs",
            "/api/docs/",
            "/api/explain",
            "/api/explain/",
            "/api/no/such/endpoint",
            "/api/schema",
            "/api/schema/",
            "/api/whoami",
            "/api/whoami/",
        ]
        == API_PATHS
    )
    others = [
        path
        for path in PATHS
        if path not in PUBLIC and not path.startswith(("/api", SETTINGS))
    ]
    assert others == []
    assert set(PATHS) >= PUBLIC


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", API_PATHS)
def test_route_under_api_answers_401_without_credentials(path, method, client):
    response = getattr(client, method)(path)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    is_topol = path.startswith("/api/api-tokens")
    json_type = "application/json" if is_topol else "application/problem+json"
    assert response["Content-Type"] == json_type


@pytest.mark.parametrize("path", API_PATHS)
def test_route_under_api_answers_401_to_an_outsider(path, client):
    client.force_login(PersonFactory())

    assert client.get(path).status_code == 401


@pytest.mark.parametrize(
    "path", [path for path in PATHS if path.startswith(SETTINGS) and path not in PUBLIC]
)
def test_page_of_the_settings_sends_strangers_to_the_sign_in(path, client):
    for method in ("get", "post"):
        response = getattr(client, method)(path)

        assert response.status_code in (302, 405) or path.endswith("jsi18n/")
        if response.status_code == 302:
            assert response["Location"].startswith(("/settings/login/", "/settings/"))


def test_key_opens_no_page_of_the_settings(client):
    headers = {"Authorization": f"Bearer {IssuedFactory().token.text}"}

    for path in PATHS:
        if path.startswith(SETTINGS) and path not in PUBLIC:
            response = client.get(path, headers=headers)
            assert response.status_code in (302, 405), path


def _document(client):
    issued = IssuedFactory()
    headers = {"Authorization": f"Bearer {issued.token.text}"}
    response = client.get("/api/schema?format=json", headers=headers)
    if response.status_code == 404:
        response = client.get("/api/schema", headers=headers)
    return response


def test_every_operation_of_the_document_needs_a_key(client):
    headers = {
        "Authorization": f"Bearer {IssuedFactory().token.text}",
        "Accept": "application/vnd.oai.openapi+json",
    }
    document = client.get("/api/schema", headers=headers).json()

    assert sorted(document["paths"]) == [
        "/api/api-tokens",
        "/api/api-tokens/{token_id}",
        "/api/api-tokens/{token_id}/add-domains",
        "/api/api-tokens/{token_id}/delete-domains",
        "/api/explain",
        "/api/plugin/authorize",
        "/api/whoami",
    ]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if path in PUBLIC:
                continue
            assert operation["security"], (path, method)
            assert {} not in operation["security"], (path, method)
            assert "401" in operation["responses"], (path, method)
            example = path.replace("{token_id}", "1")
            assert getattr(client, method)(example).status_code == 401


@pytest.mark.parametrize(
    "path", ["/api/schema", "/api/schema/", "/api/docs", "/api/docs/"]
)
def test_description_of_the_api_is_for_keys_and_staff_who_may_look(
    path, client, admin_user
):
    issued = IssuedFactory(key_type="sms")
    headers = {"Authorization": f"Bearer {issued.token.text}"}
    assert client.get(path, headers=headers).status_code == 200

    for person, status in (
        (admin_user, 200),
        (AccountReaderFactory(), 200),
        (PersonFactory(), 401),
        (AccountReaderFactory(is_staff=False), 401),
        (AccountReaderFactory(is_active=False), 401),
    ):
        client.force_login(person)
        assert client.get(path).status_code == status


def test_docs_page_has_no_inline_script(client, admin_user):
    client.force_login(admin_user)

    response = client.get("/api/docs")

    assert response["Content-Type"].startswith("text/html")
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", response.text, re.DOTALL)
    assert scripts
    assert all(
        "src=" in attributes and not body.strip() for attributes, body in scripts
    )
    assert "<style" not in response.text
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
