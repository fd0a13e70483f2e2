"""What docs/gate/Caddyfile has beside the cases of all proxies (`test_recipes`)."""

from __future__ import annotations

import json

import pytest

from tests.gate.stack import CLIENT, assert_refused, guarded, running_caddy

LEADS, INGRESS = "/api/egress/leads", "/api/ingress/leads"
FORGED = "kd_0000000000000000"


@pytest.fixture(scope="module")
def stack(folder):
    with guarded(folder, running_caddy, "forwarded") as stack:
        yield stack


@pytest.fixture(scope="module")
def key(stack):
    return stack.product.create_key(
        "Zoë & Söhne", "--allow-ip", f"{CLIENT}/32", "--endpoint", "/api/egress/*"
    )


@pytest.fixture(scope="module")
def key_of_another_network(stack):
    return stack.product.create_key("Elsewhere", "--allow-ip", "10.0.0.0/8")


def test_parameters_reach_the_upstream_and_no_log(stack, upstream):
    key = stack.product.create_key("Parameters", "--accept-parameters")
    target = f"{LEADS}?api={key['api_id']}&apikey={key['api_key']}"

    answer = stack.ask(target)

    assert (answer.status, upstream.seen[0]["target"]) == (200, target)
    log = (stack.folder / "caddy.log").read_text()
    assert LEADS in log
    assert key["api_key"] not in log


@pytest.mark.parametrize(
    "name", ["X-Forwarded-Uri", "X_Forwarded_Uri", "X-Original-URI"]
)
def test_forged_path_is_not_believed(name, stack, key, upstream):
    answer = stack.ask(INGRESS, key["token"], headers={name: LEADS})

    assert_refused(answer, 403, "endpoint_not_allowed", upstream)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X_Forwarded_For"])
def test_forged_address_is_not_believed(name, stack, key_of_another_network, upstream):
    answer = stack.ask(
        LEADS, key_of_another_network["token"], headers={name: "10.1.2.3"}
    )

    assert_refused(answer, 403, "ip_not_allowed", upstream)


@pytest.mark.parametrize("target", [LEADS, "/pages"])
@pytest.mark.parametrize("name", ["X-Api-Key-Id", "X_Api_Key_Id", "X-Api_Key-Id"])
def test_forged_key_does_not_reach_the_upstream(name, target, stack, key, upstream):
    answer = stack.ask(target, key["token"], headers={name: FORGED})

    assert answer.status == 200
    assert FORGED not in json.dumps(upstream.seen)


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
        "/pages/../api/egress/leads",
    ],
)
def test_path_with_two_readings_is_refused(target, stack, key, upstream):
    answer = stack.ask(target, key["token"])

    assert_refused(answer, 403, "path_malformed", upstream)


@pytest.mark.parametrize(
    "target", ["/api/..%2fpages", "/api/../pages", "/pages//x", "/pages;/x", "*"]
)
def test_path_with_two_readings_is_refused_where_nothing_is_guarded(
    target, stack, key, upstream
):
    assert_refused(stack.ask(target, key["token"]), 403, "path_malformed", upstream)


def test_nobody_outside_asks_the_gate(stack, key):
    forged = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": LEADS}

    answer = stack.ask(
        "/gate", key["token"], headers=forged, host="settings.example.com"
    )

    assert answer.status == 404


def test_product_behind_caddy_knows_the_callers_address(stack, key):
    answer = stack.ask("/api/whoami", key["token"], host="settings.example.com")

    assert (answer.status, answer.json["address"]) == (200, CLIENT)


def test_lost_gate_lets_nobody_pass(stack, key, upstream):
    stack.product.stop()
    try:
        answer = stack.ask(LEADS, key["token"])
        pages = stack.ask("/pages")
    finally:
        stack.product.start()

    assert (answer.status, answer.json["status"]) == (503, 503)
    assert (pages.status, len(upstream.seen)) == (200, 1)
