"""The product below a path (URL_PREFIX), which a proxy takes off again."""

from __future__ import annotations

import pytest
from django.core.wsgi import get_wsgi_application
from django.templatetags.static import static
from django.test import Client, RequestFactory
from django.urls import get_resolver, set_script_prefix

from tests.factories import IssuedFactory

PREFIX = "/crm"


@pytest.fixture(params=["by-setting", "by-server"])
def client(request, settings):
    """A client of a server below `/crm`, told by URL_PREFIX or by the server itself."""
    settings.SECURE_SSL_REDIRECT = True
    if request.param == "by-setting":
        settings.FORCE_SCRIPT_NAME = PREFIX
        return Client()
    return Client(SCRIPT_NAME=PREFIX)


@pytest.fixture(autouse=True)
def root_prefix():
    """A thread keeps the prefix of links until the next request."""
    yield
    set_script_prefix("/")


@pytest.mark.django_db
def test_plain_http_call_with_a_token_is_refused_and_not_redirected(client):
    issued = IssuedFactory()

    response = client.post(
        "/api/api-tokens", headers={"Authorization": f"Bearer {issued.token.text}"}
    )

    assert (response.status_code, "Location" in response.headers) == (403, False)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_answers_in_plain_http(path, client):
    assert client.get(path).status_code == 200


@pytest.mark.django_db
def test_page_goes_to_https_and_keeps_the_prefix(client):
    response = client.get("/settings/")

    assert (response.status_code, response.headers["Location"]) == (
        301,
        f"https://testserver{PREFIX}/settings/",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("setting", [PREFIX, None])
def test_links_of_pages_keep_the_prefix(setting, settings):
    settings.FORCE_SCRIPT_NAME = setting
    home, _ = _serve("/", SCRIPT_NAME="" if setting else PREFIX)
    _, page = _serve("/settings/login/", SCRIPT_NAME="" if setting else PREFIX)
    links = [part.partition('"')[0] for part in page.split('="/')[1:]]

    assert home["Location"] == f"{PREFIX}/settings/"
    assert links
    assert [link for link in links if not link.startswith("crm/")] == []


def _serve(path, **environ):
    """Ask Django as a server does: the test client does not set the prefix of links."""
    started: list[dict[str, str]] = []
    request = RequestFactory().get(path, secure=True, **environ)

    def start_response(status, headers, *rest):
        started.append(dict(headers))
        return started.append

    response = get_wsgi_application()(request.environ, start_response)
    body = b"".join(response).decode()
    response.close()
    return started[0], body


def test_static_links_keep_the_prefix():
    set_script_prefix(f"{PREFIX}/")

    assert static("css/variables.css").startswith(f"{PREFIX}/static/")


def test_static_links_are_those_of_the_root_without_a_prefix():
    assert static("css/variables.css").startswith("/static/")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing-here"])
@pytest.mark.parametrize("script_name", ["", PREFIX])
def test_no_redirect_repeats_a_credential(path, script_name, settings):
    settings.SECURE_SSL_REDIRECT = True
    issued = IssuedFactory()
    secret = issued.token.secret

    response = Client(SCRIPT_NAME=script_name).get(
        path, query_params={"api": issued.token.public_id, "apikey": secret}
    )

    assert "Location" not in response.headers
    assert response.status_code in (400, 403, 404)
    assert secret not in response.content.decode()


def test_no_page_has_a_segment_that_is_spared_https():
    """`SECURE_REDIRECT_EXEMPT` names segments wherever they stand."""
    routes = _routes(get_resolver().url_patterns)
    pages = [route for route in routes if route.startswith("settings/")]
    spared = {"api", "healthz", "readyz"}

    assert pages
    assert [page for page in pages if spared & set(page.split("/"))] == []


def _routes(patterns, before=""):
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route
