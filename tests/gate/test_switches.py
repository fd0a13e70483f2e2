"""What the recipes hold in comments, taken in: WebSocket for one path, and preflights."""

from __future__ import annotations

import json

import pytest

from tests.gate.proxies import PROXIES
from tests.gate.stack import guarded

LEADS, LIVE, OPEN = "/api/egress/leads", "/api/egress/live", "/pages"
PORTAL = "https://portal.example.com"
WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
PREFLIGHT = {
    "Origin": PORTAL,
    "Access-Control-Request-Method": "DELETE",
    "Access-Control-Request-Headers": "authorization",
}
# Read by the application as a further call of the connection.
FURTHER = f"GET {LIVE} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


@pytest.fixture(scope="module", params=PROXIES)
def stack(request, tmp_path_factory):
    proxy = request.param
    folder = tmp_path_factory.mktemp(f"{proxy.name}-switched")
    switches = ("websocket", "preflight")
    with guarded(folder, proxy.start, proxy.gate_headers, switches) as stack:
        yield stack


@pytest.fixture(scope="module")
def key(stack):
    return stack.product.create_key("Live", "--endpoint", "GET /api/egress/*")


def test_websocket_opens_on_its_path_with_a_key(stack, key, upstream):
    answer = stack.ask(LIVE, key["token"], headers=WEBSOCKET, then=FURTHER)

    assert (answer.status, answer.headers["Upgrade"]) == (101, "websocket")
    assert answer.body.startswith(b"HTTP/1.1 200")
    call = upstream.seen[0]
    assert call["headers"]["x-api-key-id"] == key["id"]
    assert key["api_key"] not in json.dumps(call)


def test_websocket_does_not_open_without_a_key(stack, upstream):
    answer = stack.ask(LIVE, headers=WEBSOCKET, then=FURTHER)

    assert (answer.status, upstream.seen) == (401, [])


def test_websocket_does_not_lose_what_the_gate_says(stack, key, upstream):
    names = {"Connection": "Upgrade, X-Api-Location, X-Api-Key-Id"}

    answer = stack.ask(LIVE, key["token"], headers=WEBSOCKET | names, then=FURTHER)

    for call in upstream.seen[:1]:
        assert answer.status in (101, 200)
        assert call["headers"]["x-api-location"] == "*"
        assert call["headers"]["x-api-key-id"] == key["id"]


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        pytest.param(LIVE, {"Upgrade": "h2c"}, id="other-protocol"),
        pytest.param(LIVE, {"Upgrade": "h2c, websocket"}, id="two-protocols"),
        pytest.param(LEADS, {}, id="other-path"),
        pytest.param(f"{LIVE}/x", {}, id="path-below"),
        pytest.param(OPEN, {}, id="open-path"),
    ],
)
def test_nothing_else_leaves_http(target, asked, stack, key, upstream):
    answer = stack.ask(target, key["token"], headers=WEBSOCKET | asked, then=FURTHER)

    assert answer.status != 101
    assert [call for call in upstream.seen if "upgrade" in call["headers"]] == []


def test_preflight_of_a_named_page_is_answered_by_the_proxy(stack, upstream):
    answer = stack.ask(LEADS, method="OPTIONS", headers=PREFLIGHT)

    assert answer.status in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == PORTAL
    assert upstream.seen == []


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        pytest.param("OPTIONS", {"Origin": "https://evil.example"}, id="other-page"),
        pytest.param("OPTIONS", {"Origin": f"{PORTAL}.evil.example"}, id="longer-name"),
        pytest.param("GET", {}, id="no-preflight"),
        pytest.param("DELETE", {"X-HTTP-Method-Override": "OPTIONS"}, id="override"),
        pytest.param("DELETE", {"X-Original-Method": "OPTIONS"}, id="gate-header"),
    ],
)
def test_any_other_call_still_needs_a_key(method, headers, stack, upstream):
    answer = stack.ask(LEADS, method=method, headers=PREFLIGHT | headers)

    assert (answer.status, upstream.seen) == (401, [])
