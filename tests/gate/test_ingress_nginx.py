"""GATE_HEADERS=url, asked as ingress-nginx has its nginx ask.

The controller itself needs a cluster; what it sends to the gate is this location.
"""

from __future__ import annotations

import pytest

from tests.gate.stack import (
    CLIENT,
    HOST,
    Stack,
    running_nginx_recipe,
    running_product,
    running_upstream,
)

LEADS, INGRESS = "/api/egress/leads", "/api/ingress/leads"

SERVER = """
server {
    listen 443 ssl;
    server_name crm.example.com;
    access_log /var/log/nginx/access.log;
    ssl_certificate /x; ssl_certificate_key /x;

    location = /_external-auth {
        internal;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
        proxy_set_header X-Original-Method $request_method;
        proxy_set_header X-Sent-From "nginx-ingress-controller";
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Auth-Request-Redirect $request_uri;
        proxy_pass http://PRODUCT/gate;
    }

    location / {
        auth_request /_external-auth;
        auth_request_set $id $upstream_http_x_api_key_id;
        auth_request_set $location $upstream_http_x_api_location;
        proxy_set_header X-Api-Key-Id $id;
        proxy_set_header X-Api-Location $location;
        proxy_pass http://UPSTREAM;
    }
}
"""


@pytest.fixture(scope="module")
def stack(folder):
    with running_upstream() as upstream, running_product(folder, "url") as product:
        server = SERVER.replace("PRODUCT", f"{HOST}:{product.gate_port}")
        server = server.replace("UPSTREAM", f"{HOST}:{upstream.server_port}")
        with running_nginx_recipe(folder, server) as port:
            yield Stack(port, product, upstream, folder)


@pytest.fixture(scope="module")
def key(stack):
    return stack.product.create_key(
        "Reader", "--allow-ip", f"{CLIENT}/32", "--endpoint", "GET /api/egress/*"
    )


@pytest.mark.parametrize(
    ("call", "status"),
    [
        pytest.param(("GET", f"{LEADS}?page=2"), 200, id="allowed"),
        pytest.param(("DELETE", LEADS), 403, id="other-method"),
        pytest.param(("GET", INGRESS), 403, id="other-path"),
        pytest.param(("GET", "/api/egress/..%2fingress"), 403, id="two-readings"),
        pytest.param(
            ("GET", f"http://crm.example.com{INGRESS}"), 403, id="absolute-form"
        ),
    ],
)
def test_call_is_judged_by_its_method_and_path(call, status, stack, key, upstream):
    method, target = call
    forged = {
        "X-Original-URI": LEADS,
        "X-Original-URL": f"http://crm.example.com{LEADS}",
        "X-Original-Method": "GET",
    }

    answer = stack.ask(target, key["token"], method=method, headers=forged)

    assert answer.status == status
    ids = [call["headers"]["x-api-key-id"] for call in upstream.seen]
    assert ids == [key["id"]] * (status == 200)


@pytest.mark.parametrize("host", [f"x?{LEADS}", "x#", "a@crm.example.com"])
def test_host_does_not_move_the_path(host, stack, key, upstream):
    answer = stack.ask(INGRESS, key["token"], host=host)

    assert answer.status in (400, 403)
    assert upstream.seen == []
