"""Every recipe of docs/gate in its real proxy: one table of cases for all of them."""

from __future__ import annotations

import json

import pytest

from apikeys.management.proxy_check.headers import IDENTITY, OVERRIDES, spellings
from tests.gate.proxies import PROXIES
from tests.gate.stack import CLIENT, assert_refused, guarded

LEADS, INGRESS, OPEN = "/api/egress/leads", "/api/ingress/leads", "/pages"
FORGED = "kd-0000000000000000-forged"


@pytest.fixture(scope="module", params=PROXIES)
def stack(request, tmp_path_factory):
    proxy = request.param
    folder = tmp_path_factory.mktemp(proxy.name)
    with guarded(folder, proxy.start, proxy.gate_headers) as stack:
        yield stack


@pytest.fixture(scope="module")
def key(stack):
    return stack.product.create_key(
        "Zoë & Söhne", "--allow-ip", f"{CLIENT}/32", "--endpoint", "/api/egress/*"
    )


@pytest.fixture(scope="module")
def reader(stack):
    return stack.product.create_key("Reader", "--endpoint", "GET /api/egress/*")


def test_allowed_call_tells_the_application_who_calls(stack, key, upstream):
    answer = stack.ask(f"{LEADS}?page=2", key["token"], method="POST", body=b"{}")

    assert (answer.status, answer.headers["X-Api-Key-Id"]) == (200, None)
    (call,) = upstream.seen
    told = {n: v for n, v in call["headers"].items() if n.startswith("x-api-")}
    assert told == {
        "x-api-key-id": key["id"],
        "x-api-key-name": "Zo%C3%AB%20%26%20S%C3%B6hne",
        "x-api-location": "*",
        "x-api-roles": "Full%20access",
    }
    sent = (call["method"], call["target"], call["body"])
    assert sent == ("POST", f"{LEADS}?page=2", "{}")
    assert key["api_key"] not in json.dumps(call)


@pytest.mark.parametrize("prefix", ["X-Api", "Tld-Api"])
def test_secret_in_a_header_pair_ends_at_the_proxy(prefix, stack, key, upstream):
    pair = {f"{prefix}-Id": key["api_id"], f"{prefix}-Key": key["api_key"]}

    assert stack.ask(LEADS, headers=pair).status == 200
    assert key["api_key"] not in json.dumps(upstream.seen)


def test_call_without_credentials_is_401(stack, upstream):
    answer = stack.ask(LEADS)

    assert_refused(answer, 401, "credentials_missing", upstream)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("target", [LEADS, "/", "/anything", "/%2561pi/egress/secret"])
def test_everything_that_is_not_listed_as_open_is_guarded(target, stack, upstream):
    assert stack.ask(target).status in (400, 401, 403)
    assert upstream.seen == []


@pytest.mark.parametrize("target", [OPEN, f"{OPEN}/a/b.css?x=..%2f", f"{OPEN}/"])
def test_what_is_listed_as_open_needs_no_key(target, stack, upstream):
    assert stack.ask(target).status == 200
    assert [call["target"] for call in upstream.seen] == [target]


def test_endpoint_that_is_not_allowed_is_403(stack, key, upstream):
    answer = stack.ask(INGRESS, key["token"])

    assert_refused(answer, 403, "endpoint_not_allowed", upstream)


def test_method_that_is_not_allowed_is_403(stack, reader, upstream):
    answer = stack.ask(LEADS, reader["token"], method="DELETE")

    assert_refused(answer, 403, "endpoint_not_allowed", upstream)


def test_address_that_is_not_allowed_is_403(stack, upstream):
    elsewhere = stack.product.create_key("Elsewhere", "--allow-ip", "203.0.113.0/24")
    forged = dict.fromkeys(
        ["X-Forwarded-For", "X_Forwarded_For", "X-Real-IP", "Forwarded"], "203.0.113.7"
    )

    answer = stack.ask(LEADS, elsewhere["token"], headers=forged)

    assert_refused(answer, 403, "ip_not_allowed", upstream)
    assert f"address {CLIENT} is" in answer.json["detail"]


@pytest.mark.parametrize("target", [LEADS, OPEN])
@pytest.mark.parametrize("name", IDENTITY)
def test_no_spelling_of_a_forged_key_reaches_the_application(
    name, target, stack, key, upstream
):
    for spelling in spellings(name):
        answer = stack.ask(target, key["token"], headers={spelling: FORGED})

        assert answer.status == 200, spelling
    assert FORGED not in json.dumps(upstream.seen)


@pytest.mark.parametrize("target", [LEADS, OPEN])
def test_nothing_reaches_the_application_that_it_could_read_as_another_call(
    target, stack, key, upstream
):
    forged = dict.fromkeys(OVERRIDES, FORGED)

    assert stack.ask(target, key["token"], headers=forged).status == 200
    assert FORGED not in json.dumps(upstream.seen)


@pytest.mark.parametrize("target", [LEADS, OPEN])
@pytest.mark.parametrize("sign", "_.")
def test_nothing_does_in_another_spelling(sign, target, stack, key, upstream):
    names = [name.replace("-", sign) for name in OVERRIDES if "-" in name]

    answer = stack.ask(target, key["token"], headers=dict.fromkeys(names, FORGED))

    assert answer.status == 200
    assert FORGED not in json.dumps(upstream.seen)


def test_forged_method_and_path_decide_nothing(stack, reader, upstream):
    forged = {
        "X-Original-Method": "GET",
        "X-Forwarded-Method": "GET",
        "X-Original-URI": LEADS,
        "X-Original-URL": f"http://crm.example.com{LEADS}",
        "X-Forwarded-Uri": LEADS,
    }
    odd = {name.replace("-", "_"): value for name, value in forged.items()}

    other_method = stack.ask(
        LEADS, reader["token"], method="DELETE", headers=forged | odd
    )
    other_path = stack.ask(INGRESS, reader["token"], headers=forged | odd)

    assert_refused(other_method, 403, "endpoint_not_allowed", upstream)
    assert_refused(other_path, 403, "endpoint_not_allowed", upstream)


@pytest.mark.parametrize(
    "names",
    [
        "close, X-Api-Location",
        "X-Api-Key-Id, X-Api-Key-Name, X-Api-Location, X-Api-Roles",
        "keep-alive, x-api-location, X-Forwarded-For, Host",
    ],
)
def test_hop_by_hop_names_take_nothing_off_what_the_gate_says(
    names, stack, key, upstream
):
    answer = stack.ask(LEADS, key["token"], headers={"Connection": names})

    if answer.status == 400:
        # Envoy takes no such names at all.
        assert upstream.seen == []
        return
    assert answer.status == 200
    (call,) = upstream.seen
    assert call["headers"]["x-api-location"] == "*"
    assert call["headers"]["x-api-key-id"] == key["id"]
    assert call["headers"]["x-forwarded-for"] == CLIENT
    assert "x-api" not in call["headers"].get("connection", "").lower()


@pytest.mark.parametrize("name", ["Authorization", "X-Api-Key", "X-Api-Id"])
def test_hop_by_hop_names_do_not_hide_the_credential(name, stack, key, upstream):
    """Removed before the gate or not: never handed on to the application."""
    pair = {"X-Api-Id": key["api_id"], "X-Api-Key": key["api_key"]}

    stack.ask(LEADS, headers={"Connection": name, **pair})
    stack.ask(LEADS, key["token"], headers={"Connection": name})

    assert key["api_key"] not in json.dumps(upstream.seen)


# A call that would delete a record under a forged key.
SMUGGLED = (
    f"DELETE {INGRESS} HTTP/1.1\r\nHost: crm.example.com\r\n"
    f"X-Api-Key-Id: {FORGED}\r\n\r\n"
).encode()


@pytest.mark.parametrize("target", [LEADS, OPEN])
@pytest.mark.parametrize(
    "asked",
    [
        {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c"},
        {"Connection": "upgrade", "Upgrade": "websocket"},
        {"Connection": "Upgrade", "Upgrade": "h2c, websocket"},
        {"Connection": "Upgrade", "Upgrade": "anything"},
        {"Upgrade": "h2c"},
        {"Connection": "close, Upgrade", "upgrade": "H2C"},
    ],
    ids=lambda asked: asked.get("Upgrade") or "lower-case",
)
def test_no_call_leaves_http(asked, target, stack, key, upstream):
    more = {"HTTP2-Settings": "AAMAAABkAARAAAAAAAIAAAAA", "Sec-WebSocket-Version": "13"}

    answer = stack.ask(target, key["token"], headers=asked | more, then=SMUGGLED)

    assert answer.status != 101
    assert FORGED not in json.dumps(upstream.seen)
    for call in upstream.seen:
        assert "upgrade" not in call["headers"]
        assert "upgrade" not in call["headers"].get("connection", "").lower()
        assert "http2-settings" not in call["headers"]


@pytest.mark.parametrize(
    "target",
    [
        "/api/egress/..%2fingress",
        "/api/egress/../ingress",
        "/api/egress/%2e%2e/ingress",
        "/api//egress/leads",
        "//api/egress/leads",
        "/api%2fegress/leads",
        "/api/egress/%252e%252e/ingress",
        "/api/egress/..%5cingress",
        "/api/egress/leads;x=/../../ingress",
        "/api/..%2fpages",
        "/api/../pages",
        "/api/egress/..%2f..%2f..%2fpages",
        "/pages/../api/egress/leads",
        "/pages/..%2fapi/egress/leads",
        "/pages/%2e%2e/api/egress/leads",
        "/pages//x",
        "/pages;/x",
        "/pages/..;/api/egress/leads",
        "/%2561pi/egress/secret",
        "/api%c0%afegress",
        "/pages%c0%af..%c0%afapi/egress/leads",
        "/pages/%e0%80%ae%e0%80%ae/api",
        "/pages/%252e%252e/api/egress/leads",
        "/pages/%ef%bc%8e%ef%bc%8e/api",
        "/pages/x%00/../../api",
        "*",
    ],
)
def test_path_with_two_readings_reaches_nobody(target, stack, key, upstream):
    """Or, where the proxy itself makes it plain, in the one reading that was judged."""
    answers = stack.ask(target, key["token"]), stack.ask(target)

    assert len(upstream.seen) == [answer.status for answer in answers].count(200)
    assert {answer.status for answer in answers} <= {200, 400, 401, 403, 404}
    for call in upstream.seen:
        assert call["target"] in ("/pages", "/pages/x", LEADS)
        assert call["target"] != LEADS or call["headers"]["x-api-key-id"] == key["id"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        pytest.param(f"http://crm.example.com{LEADS}", 200, id="allowed"),
        pytest.param(f"http://crm.example.com{INGRESS}", 403, id="refused"),
    ],
)
def test_absolute_form_is_decided_by_its_path(target, status, stack, key, upstream):
    assert stack.ask(target, key["token"]).status == status
    assert [call["target"] for call in upstream.seen] == [LEADS] * (status == 200)


def test_error_of_the_application_passes_unchanged(stack, key):
    answer = stack.ask("/api/egress/broken", key["token"])

    assert (answer.status, answer.body) == (500, b"broken by itself")


@pytest.mark.parametrize("path", ["/gate", "/gate/", f"/gate{LEADS}"])
def test_nobody_outside_asks_the_gate(path, stack, key):
    forged = {"X-Original-Method": "GET", "X-Original-URI": LEADS}

    answer = stack.ask(path, key["token"], headers=forged, host="settings.example.com")

    assert answer.status == 404
    assert "X-Api-Key-Id" not in answer.headers


def test_product_behind_the_proxy_knows_the_callers_address(stack, key):
    forged = dict.fromkeys(["X-Forwarded-For", "X_Forwarded_For"], "203.0.113.7")

    answer = stack.ask(
        "/api/whoami", key["token"], headers=forged, host="settings.example.com"
    )

    assert (answer.status, answer.json["address"]) == (200, CLIENT)


@pytest.mark.parametrize("host", ["crm.example.com:8443", "CRM.example.com"])
def test_host_and_port_reach_the_application_as_the_client_wrote_them(
    host, stack, upstream
):
    assert stack.ask(OPEN, host=host).status == 200
    assert upstream.seen[0]["headers"]["host"].lower() == host.lower()


def test_lost_gate_lets_nobody_pass(stack, key, upstream):
    stack.product.stop()
    try:
        answer = stack.ask(LEADS, key["token"])
        pages = stack.ask(OPEN)
    finally:
        stack.product.start()

    assert answer.status == 503
    assert (pages.status, [call["target"] for call in upstream.seen]) == (200, [OPEN])


def test_gate_without_its_database_is_503(stack, upstream):
    key = stack.product.create_key("Not remembered yet")
    hidden = stack.product.database.rename(stack.product.database.with_suffix(".away"))
    try:
        answer = stack.ask(LEADS, key["token"])
    finally:
        stack.product.database.unlink(missing_ok=True)
        hidden.rename(stack.product.database)

    # Envoy drops the gate's own words and takes the gate for lost.
    codes = ("state_unknown", "gate_unreachable")
    assert (answer.status, answer.json["code"] in codes) == (503, True)
    assert (answer.headers["Retry-After"], upstream.seen) == ("1", [])


def test_test_server_would_take_an_upgrade(stack):
    """What the cases above hold against is there: without a proxy the call goes through."""
    direct = type(stack)(
        stack.upstream.server_port, stack.product, stack.upstream, stack.folder
    )
    stack.upstream.seen.clear()

    answer = direct.ask(
        OPEN, headers={"Connection": "Upgrade", "Upgrade": "h2c"}, then=SMUGGLED
    )

    assert answer.status == 101
    assert FORGED in json.dumps(stack.upstream.seen)
