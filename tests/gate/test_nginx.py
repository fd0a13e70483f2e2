"""docs/gate/nginx.conf in a real nginx, in front of a toy application."""

from __future__ import annotations

import json

import pytest

from tests.gate.stack import CLIENT, guarded

LEADS, INGRESS = "/api/egress/leads", "/api/ingress/leads"
FORGED = "kd_0000000000000000"


@pytest.fixture(scope="module")
def stack(folder):
    with guarded(folder) as stack:
        yield stack


@pytest.fixture(scope="module")
def key(stack):
    return stack.product.create_key(
        "Zoë & Söhne", "--allow-ip", f"{CLIENT}/32", "--endpoint", "/api/egress/*"
    )


@pytest.fixture(scope="module")
def key_of_another_network(stack):
    return stack.product.create_key("Elsewhere", "--allow-ip", "10.0.0.0/8")


def assert_refused(answer, status, code, upstream):
    assert (answer.status, answer.json["status"]) == (status, status)
    assert answer.json["code"] == code
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    challenge = ['Bearer realm="api"'] if status == 401 else None
    assert answer.headers.get_all("WWW-Authenticate") == challenge
    assert upstream.seen == []


def test_allowed_call_tells_the_upstream_who_calls(stack, key, upstream):
    answer = stack.ask(f"{LEADS}?page=2", key["token"])

    assert answer.status == 200
    (call,) = upstream.seen
    assert (call["method"], call["target"]) == ("GET", f"{LEADS}?page=2")
    told = {n: v for n, v in call["headers"].items() if n.startswith("x-api-")}
    assert told == {
        "x-api-key-id": key["id"],
        "x-api-key-name": "Zo%C3%AB%20%26%20S%C3%B6hne",
        "x-api-location": "*",
        "x-api-roles": "Full%20access",
    }


def test_secret_does_not_reach_the_upstream_in_a_header(stack, key, upstream):
    pairs = {
        name: value
        for prefix in ("X-Api", "Tld-Api")
        for name, value in (
            (f"{prefix}-Id", key["api_id"]),
            (f"{prefix}-Key", key["api_key"]),
        )
    }

    answer = stack.ask(LEADS, key["token"], headers=pairs)

    assert answer.status == 200
    assert key["api_key"] not in json.dumps(upstream.seen)


def test_parameters_reach_the_upstream_and_no_log(stack, upstream):
    key = stack.product.create_key("Parameters", "--accept-parameters")
    target = f"{LEADS}?api={key['api_id']}&apikey={key['api_key']}"

    answer = stack.ask(target)

    assert (answer.status, upstream.seen[0]["target"]) == (200, target)
    logs = [path for path in stack.folder.glob("*.log") if path.stat().st_size]
    assert stack.folder / "crm.access.log" in logs
    assert not [path for path in logs if key["api_key"] in path.read_text()]


def test_method_and_body_pass_as_they_came(stack, key, upstream):
    answer = stack.ask(LEADS, key["token"], method="PATCH", body=b'{"name": "Ada"}')

    assert answer.status == 200
    assert upstream.seen[0]["method"] == "PATCH"
    assert upstream.seen[0]["body"] == '{"name": "Ada"}'


def test_answer_of_the_upstream_does_not_tell_who_called(stack, key):
    assert stack.ask(LEADS, key["token"]).headers["X-Api-Key-Id"] is None
    assert stack.ask("/pages").headers["X-Api-Key-Id"] is None


def test_call_without_credentials_is_401(stack, upstream):
    assert_refused(stack.ask(LEADS), 401, "credentials_missing", upstream)


def test_call_with_another_keys_secret_is_401(
    stack, key, key_of_another_network, upstream
):
    pair = {"X-Api-Id": key["api_id"], "X-Api-Key": key_of_another_network["api_key"]}

    answer = stack.ask(LEADS, headers=pair)

    assert_refused(answer, 401, "credentials_invalid", upstream)


def test_call_outside_the_endpoint_permissions_is_403(stack, key, upstream):
    answer = stack.ask(INGRESS, key["token"])

    assert_refused(answer, 403, "endpoint_not_allowed", upstream)


def test_call_from_another_network_is_403(stack, key_of_another_network, upstream):
    answer = stack.ask(LEADS, key_of_another_network["token"])

    assert_refused(answer, 403, "ip_not_allowed", upstream)
    assert f"address {CLIENT} is" in answer.json["detail"]


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X_Forwarded_For", "X-Real-IP"])
def test_forged_address_is_not_believed(name, stack, key_of_another_network, upstream):
    answer = stack.ask(
        LEADS, key_of_another_network["token"], headers={name: "10.1.2.3"}
    )

    assert_refused(answer, 403, "ip_not_allowed", upstream)


@pytest.mark.parametrize(
    "name", ["X-Original-URI", "X_Original_URI", "X-Forwarded-Uri", "X-Rewrite-URL"]
)
def test_forged_path_is_not_believed(name, stack, key, upstream):
    answer = stack.ask(INGRESS, key["token"], headers={name: LEADS})

    assert_refused(answer, 403, "endpoint_not_allowed", upstream)


@pytest.mark.parametrize("target", [LEADS, "/pages"])
@pytest.mark.parametrize(
    "name", ["X-Api-Key-Id", "x-api-key-id", "X_Api_Key_Id", "X-Api_Key-Id"]
)
def test_forged_key_does_not_reach_the_upstream(name, target, stack, key, upstream):
    others = dict.fromkeys(["X-Api-Key-Name", "X-Api-Location", "X-Api-Roles"], FORGED)

    answer = stack.ask(target, key["token"], headers={name: FORGED, **others})

    assert answer.status == 200
    assert FORGED not in json.dumps(upstream.seen)


@pytest.mark.parametrize(
    "target",
    [
        "/api/egress/..%2fingress",
        "/api/egress/..%2Fingress/leads",
        "/api/egress/../ingress",
        "/api/egress/%2e%2e/ingress",
        "/api/egress/%2E./ingress",
        "/api/egress/./leads",
        "/api//egress/leads",
        "//api/egress/leads",
        "/api%2fegress/leads",
        "/api/egress/%252e%252e/ingress",
        "/api/egress/..%5cingress",
        "/api/egress/..\\ingress",
        "/api/egress/leads;/../../ingress",
        "/pages/../api/egress/leads",
        "/pages/..%2fapi/egress/leads",
        "/api/egress/%C3",
        "/api/egress/leads#/",
    ],
)
def test_path_with_two_readings_is_refused(target, stack, key, upstream):
    answer = stack.ask(target, key["token"])

    assert_refused(answer, 403, "path_malformed", upstream)


@pytest.mark.parametrize(
    "target",
    [
        "/api/..%2fpages",
        "/api/../pages",
        "/pages//x",
        "/pages/%2e%2e/api/../x",
        "/pages;/x",
        "/pages\\x",
        "/pages/..",
        "/api/egress/%00",
        "api/egress/leads",
        "*",
    ],
)
def test_path_with_two_readings_is_refused_where_nothing_is_guarded(
    target, stack, key, upstream
):
    # By nginx itself, or by the gate where the path is not open in any reading.
    assert stack.ask(target, key["token"]).status in (400, 403)
    assert upstream.seen == []


@pytest.mark.parametrize(
    ("target", "status"),
    [
        pytest.param(f"http://crm.example.com{LEADS}", 200, id="allowed"),
        pytest.param(f"http://crm.example.com{INGRESS}", 403, id="refused"),
        pytest.param(f"http://elsewhere.example{INGRESS}", 403, id="another-host"),
    ],
)
def test_absolute_form_is_decided_by_its_path(target, status, stack, key, upstream):
    assert stack.ask(target, key["token"]).status == status
    assert [call["target"] for call in upstream.seen] == [LEADS] * (status == 200)


def test_encoded_letters_are_decoded_once(stack, key, upstream):
    assert stack.ask("/%61pi/%65gress/l%C3%A9ads", key["token"]).status == 200
    assert stack.ask("/%61pi/%69ngress/leads", key["token"]).status == 403
    assert len(upstream.seen) == 1


def test_long_path_is_refused_in_the_gates_words(stack, key, upstream):
    answer = stack.ask(f"{INGRESS}/{'x' * 4000}", key["token"])

    assert_refused(answer, 403, "endpoint_not_allowed", upstream)


def test_key_with_many_roles_and_a_long_name_passes(stack, upstream):
    code = (
        "from django.contrib.auth.models import Group as G;"
        "[G.objects.create(name=f'{n:02}' + 'ü' * 70) for n in range(12)]"
    )
    stack.product.manage("shell", "--command", code)
    roles = [f"{n:02}{'ü' * 70}" for n in range(12)]
    options = [option for role in roles for option in ("--role", role)]
    key = stack.product.create_key("ü" * 100, *options)

    assert stack.ask(LEADS, key["token"]).status == 200
    assert upstream.seen[0]["headers"]["x-api-roles"].count(",") == 12


@pytest.mark.parametrize(
    ("host", "target"),
    [("crm.example.com", "/_gate"), ("settings.example.com", "/gate")],
)
def test_nobody_outside_asks_the_gate(host, target, stack, key, upstream):
    forged = {"X-Original-Method": "GET", "X-Original-URI": LEADS}

    answer = stack.ask(target, key["token"], headers=forged, host=host)

    assert (answer.status, upstream.seen) == (404, [])


def test_product_behind_nginx_knows_the_callers_address(stack, key):
    answer = stack.ask("/api/whoami", key["token"], host="settings.example.com")

    assert (answer.status, answer.json["address"]) == (200, CLIENT)


def test_deactivated_key_is_refused(stack, upstream):
    key = stack.product.create_key("Soon gone")
    assert stack.ask(LEADS, key["token"]).status == 200
    upstream.seen.clear()

    # The command takes longer than the key cache believes what it knows.
    stack.product.manage("deactivate_api_key", key["id"])
    answer = stack.ask(LEADS, key["token"])

    assert_refused(answer, 401, "key_inactive", upstream)


def test_gate_without_its_database_lets_nobody_pass(stack, upstream):
    key = stack.product.create_key("Not remembered yet")
    hidden = stack.product.database.rename(stack.product.database.with_suffix(".away"))
    try:
        answer = stack.ask(LEADS, key["token"])
    finally:
        stack.product.database.unlink(missing_ok=True)
        hidden.rename(stack.product.database)

    assert_refused(answer, 503, "state_unknown", upstream)
    assert answer.headers["Retry-After"] == "1"


def test_lost_gate_lets_nobody_pass(stack, key, upstream):
    stack.product.stop()
    try:
        answer = stack.ask(LEADS, key["token"])
        pages = stack.ask("/pages")
    finally:
        stack.product.start()

    assert (answer.status, answer.json["code"]) == (503, "gate_unreachable")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (pages.status, len(upstream.seen)) == (200, 1)
