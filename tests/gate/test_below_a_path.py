"""docs/gate/nginx-below-a-path.conf: the product at /keys of a real nginx."""

from __future__ import annotations

import re

import pytest

from tests.gate.stack import (
    CLIENT,
    HOST,
    RECIPES,
    Stack,
    changed,
    running_nginx_recipe,
    running_product,
    running_upstream,
)


@pytest.fixture(scope="module")
def stack(folder):
    environment = {
        "URL_PREFIX": "/keys",
        "SECURE_SSL_REDIRECT": "true",
        "ALLOWED_HOSTS": "crm.example.com",
        "DJANGO_SETTINGS_MODULE": "tests.gate.collected_settings",
        "STATIC_ROOT_OF_TEST": str(folder / "static"),
    }
    with (
        running_upstream() as upstream,
        running_product(folder, "original", **environment) as product,
    ):
        # The server knows the files that are there when it starts.
        product.stop()
        product.manage("collectstatic", "--no-input", "--verbosity", "0")
        product.start()
        recipe = changed(
            (RECIPES / "nginx-below-a-path.conf").read_text(),
            {"http://127.0.0.1:8000": f"http://{HOST}:{product.port}"},
        )
        # As the client of a load balancer that ends HTTPS, where a test says so.
        recipe = changed(recipe, {"Proto $scheme": "Proto $http_x_scheme_of_test"})
        with running_nginx_recipe(folder, recipe) as port:
            yield Stack(port, product, upstream, folder)


@pytest.fixture(scope="module")
def key(stack):
    return stack.product.create_key("Below")


HTTPS = {"X-Scheme-Of-Test": "https"}


def test_call_reaches_the_api(stack, key):
    answer = stack.ask("/keys/api/whoami", key["token"], headers=HTTPS)

    assert (answer.status, answer.json["address"]) == (200, CLIENT)


def test_call_in_plain_http_is_refused_and_not_redirected(stack, key):
    answer = stack.ask("/keys/api/whoami", key["token"])

    assert (answer.status, answer.json["code"]) == (403, "https_required")
    assert stack.ask("/keys/healthz").status == 200


def test_page_and_what_it_links_to_keep_the_prefix(stack):
    page = stack.ask("/keys/settings/login/", headers=HTTPS).body.decode()
    links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page)

    assert [link for link in links if not link.startswith("/keys/")] == []
    files = [link for link in links if link.startswith("/keys/static/")]
    assert files
    assert {stack.ask(link, headers=HTTPS).status for link in files} == {200}


def test_page_in_plain_http_goes_to_the_same_page(stack):
    answer = stack.ask("/keys/settings/", host="crm.example.com:8443")

    assert answer.status == 301
    assert answer.headers["Location"] == "https://crm.example.com:8443/keys/settings/"


@pytest.mark.parametrize(
    "path",
    [
        "/keys/gate",
        "/keys/gate/",
        "/keys/gate/api/whoami",
        "/keys//gate",
        "/keys/%67ate",
        "/keys/./gate",
        "/x/../keys/gate",
        "/keys/x/..%2fgate",
        "/gate",
        "/keysgate",
    ],
)
def test_nobody_outside_asks_the_gate(path, stack, key):
    forged = {"X-Original-Method": "GET", "X-Original-URI": "/api/egress/leads"}

    answer = stack.ask(path, key["token"], headers=forged | HTTPS)

    # nginx's own 403 where nothing is served.
    assert answer.status in (403, 404)
    assert b"problem" not in answer.body
    assert "X-Api-Key-Id" not in answer.headers
