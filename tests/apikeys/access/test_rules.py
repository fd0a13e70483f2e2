from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from apikeys.access import refusals, rules
from apikeys.access.endpoint_permissions import Route
from apikeys.access.paths import compile_pattern
from apikeys.access.refusals import Refusal
from apikeys.access.rules import Call, Grant, first_refusal

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
OFFICE = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))

GRANT = Grant(
    key_id="kd_0123456789ABCDEF",
    name="Billing",
    key_type="v1",
    covered=("/api/egress", "/api/ingress", "/api/whoami", "/api/explain"),
    is_active=True,
    expires_at=NOW + timedelta(days=30),
    networks=OFFICE,
    endpoints=(compile_pattern("/api/egress/*"), compile_pattern("/api/ingress/lead")),
    roles=("Full access",),
    permissions=frozenset({"crm.view_lead"}),
)
LEADS = Route("/api/egress/leads", {"GET": "crm.view_lead", "PUT": None})
CALL = Call(
    method="GET",
    path="/api/egress/leads",
    address=ip_address("192.0.2.9"),
    at=NOW,
    route=LEADS,
)

INACTIVE: dict[str, Any] = {"is_active": False}
EXPIRED = {"expires_at": NOW}
ANYWHERE = {"networks": ()}
EVERYTHING = {"endpoints": ()}
NOTHING_HELD: dict[str, Any] = {"permissions": frozenset()}
GET_ONLY = {"endpoints": (compile_pattern("GET /api/egress/*"),)}
READ_ONLY: dict[str, Any] = {"is_read_only": True}
POST: dict[str, Any] = {"route": None, "method": "POST"}
OTHER_PLACE = {"address": ip_address("198.51.100.1")}


# What differs from a grant and a call that pass, and the code of the refusal.
MATRIX = [
    pytest.param({}, {}, None, id="everything-fits"),
    # carrier
    pytest.param(
        {"accepts_parameters": True}, {"in_parameters": True}, None, id="parameters-on"
    ),
    pytest.param(
        {"accepts_parameters": False},
        {"in_parameters": True},
        "credentials_in_parameters",
        id="parameters-off",
    ),
    pytest.param(
        {"accepts_parameters": True}, {"in_parameters": False}, None, id="header-still"
    ),
    # active
    pytest.param({"is_active": True}, {}, None, id="active"),
    pytest.param(INACTIVE, {}, "key_inactive", id="inactive"),
    # expiry
    pytest.param({"expires_at": None}, {}, None, id="expires-never"),
    pytest.param(
        {"expires_at": NOW + MICROSECOND}, {}, None, id="expires-a-microsecond-later"
    ),
    pytest.param({"expires_at": NOW}, {}, "key_expired", id="expires-this-instant"),
    pytest.param(
        {"expires_at": NOW - MICROSECOND},
        {},
        "key_expired",
        id="expired-a-microsecond-ago",
    ),
    # network
    pytest.param(ANYWHERE, OTHER_PLACE, None, id="open-to-any-address"),
    pytest.param(ANYWHERE, {"address": None}, None, id="open-and-address-unknown"),
    pytest.param(
        {}, {"address": ip_address("192.0.2.0")}, None, id="first-address-of-network"
    ),
    pytest.param(
        {}, {"address": ip_address("192.0.2.255")}, None, id="last-address-of-network"
    ),
    pytest.param(
        {},
        {"address": ip_address("192.0.1.255")},
        "ip_not_allowed",
        id="address-before-network",
    ),
    pytest.param(
        {},
        {"address": ip_address("192.0.3.0")},
        "ip_not_allowed",
        id="address-after-network",
    ),
    pytest.param(
        {}, {"address": ip_address("2001:db8::1")}, None, id="second-network-holds-it"
    ),
    pytest.param(
        {"networks": OFFICE[1:]}, {}, "ip_not_allowed", id="ipv4-caller-of-ipv6-network"
    ),
    pytest.param(
        {},
        {"address": ip_address("2001:db9::1")},
        "ip_not_allowed",
        id="ipv6-caller-outside",
    ),
    pytest.param({}, {"address": None}, "ip_not_allowed", id="address-unknown"),
    # path
    pytest.param({}, {"path": None}, "path_malformed", id="path-malformed"),
    pytest.param(
        {"endpoints": (), "networks": ()},
        {"path": None},
        "path_malformed",
        id="path-malformed-of-open-key",
    ),
    # type
    pytest.param(EVERYTHING, {"path": "/api/egress"}, None, id="prefix-itself"),
    pytest.param(EVERYTHING, {"path": "/api/egress/a/b"}, None, id="below-prefix"),
    pytest.param(
        EVERYTHING,
        {"path": "/api/egress2"},
        "type_not_allowed",
        id="prefix-without-segment-boundary",
    ),
    pytest.param(
        EVERYTHING, {"path": "/api/v2/leads"}, "type_not_allowed", id="other-type"
    ),
    pytest.param(
        EVERYTHING, {"path": "/API/egress"}, "type_not_allowed", id="other-case"
    ),
    pytest.param(
        {"covered": ()}, {}, "type_not_allowed", id="type-that-covers-nothing"
    ),
    # endpoint
    pytest.param(EVERYTHING, {"path": "/api/ingress/x"}, None, id="no-patterns"),
    pytest.param({}, {"path": "/api/ingress/lead"}, None, id="second-pattern-matches"),
    pytest.param(
        {}, {"path": "/api/ingress/leads"}, "endpoint_not_allowed", id="no-match"
    ),
    pytest.param({}, {"path": "/api/whoami"}, None, id="whoami-whatever-the-patterns"),
    pytest.param({}, {"path": "/api/explain"}, None, id="explain-whatever-patterns"),
    pytest.param(
        {},
        {"path": "/api/whoami/x"},
        "endpoint_not_allowed",
        id="below-whoami-needs-a-pattern",
    ),
    # methods of the endpoint permissions
    pytest.param(GET_ONLY, {}, None, id="method-of-the-pattern"),
    pytest.param(GET_ONLY, POST, "endpoint_not_allowed", id="other-method"),
    pytest.param(
        {
            "endpoints": (
                compile_pattern("GET *"),
                compile_pattern("POST /api/egress/*"),
            )
        },
        POST,
        None,
        id="second-pattern-has-the-method",
    ),
    pytest.param(
        GET_ONLY, POST | {"path": "/api/whoami"}, None, id="whoami-whatever-the-method"
    ),
    # read only
    pytest.param(READ_ONLY, {}, None, id="read-only-get"),
    pytest.param(
        READ_ONLY, {"route": None, "method": "OPTIONS"}, None, id="read-only-options"
    ),
    pytest.param(READ_ONLY, POST, "endpoint_not_allowed", id="read-only-post"),
    pytest.param(
        READ_ONLY, {"method": "BREW"}, "endpoint_not_allowed", id="read-only-unknown"
    ),
    pytest.param(
        READ_ONLY | EVERYTHING, POST, "endpoint_not_allowed", id="read-only-and-all"
    ),
    pytest.param(READ_ONLY | EVERYTHING, {}, None, id="read-only-and-all-get"),
    pytest.param(
        READ_ONLY | {"endpoints": (compile_pattern("POST /api/egress/*"),)},
        POST,
        "endpoint_not_allowed",
        id="read-only-whatever-the-pattern-says",
    ),
    pytest.param(
        READ_ONLY | GET_ONLY,
        {"route": None, "method": "OPTIONS"},
        "endpoint_not_allowed",
        id="read-only-adds-no-method",
    ),
    pytest.param(
        READ_ONLY, POST | {"path": "/api/explain"}, None, id="read-only-explain"
    ),
    # permission
    pytest.param(NOTHING_HELD, {"route": None}, None, id="path-of-the-host"),
    pytest.param(NOTHING_HELD, {"method": "PUT"}, None, id="none-needed"),
    pytest.param({}, {"method": "POST"}, "method_not_allowed", id="method-without-row"),
    pytest.param({}, {"method": "PURGE"}, "method_not_allowed", id="unheard-of-method"),
    pytest.param({}, {"method": ""}, "method_not_allowed", id="empty-method"),
    pytest.param(NOTHING_HELD, {}, "permission_missing", id="no-role-holds-it"),
    pytest.param(
        {"permissions": frozenset({"crm.change_lead"})},
        {},
        "permission_missing",
        id="role-holds-another",
    ),
]


@pytest.mark.parametrize(("grant", "call", "code"), MATRIX)
def test_refusal_is(grant, call, code):
    refusal = first_refusal(replace(GRANT, **grant), CALL._replace(**call))

    assert (refusal and refusal.code) == code


# Each breaks one more rule than the one below it, from the last rule to the first.
BROKEN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("permission_missing", NOTHING_HELD, {}),
    ("endpoint_not_allowed", {"endpoints": (compile_pattern("/x"),)}, {}),
    ("type_not_allowed", {"covered": ()}, {}),
    ("path_malformed", {}, {"path": None}),
    ("ip_not_allowed", {}, OTHER_PLACE),
    ("key_expired", EXPIRED, {}),
    ("key_inactive", INACTIVE, {}),
    ("credentials_in_parameters", {}, {"in_parameters": True}),
]


def test_earlier_rule_decides_when_several_are_broken():
    codes = []
    grant, call = GRANT, CALL

    for _, grant_values, call_values in BROKEN:
        grant, call = replace(grant, **grant_values), call._replace(**call_values)
        refusal = first_refusal(grant, call)
        codes.append(refusal and refusal.code)

    assert codes == [code for code, _, _ in BROKEN]
    assert len(BROKEN) == len(rules.RULES)


def test_grant_without_facts_is_open():
    grant = Grant("kd_0123456789ABCDEF", "Billing", "v1", ("/api/egress",))
    call = Call("GET", "/api/egress/leads", None, NOW)

    assert first_refusal(grant, call) is None


@pytest.mark.parametrize(
    ("grant", "call", "detail"),
    [
        pytest.param(
            {},
            {"in_parameters": True},
            "This key does not accept credentials as parameters.",
            id="carrier",
        ),
        pytest.param(
            EXPIRED, {}, "This key expired at 2026-03-01 12:00:00 UTC.", id="expiry"
        ),
        pytest.param(
            {},
            OTHER_PLACE,
            "The caller's address 198.51.100.1 is in none of the key's allowed networks.",
            id="network",
        ),
        pytest.param(
            {},
            {"address": None},
            "The caller's address is unknown, and this key has allowed networks.",
            id="address-unknown",
        ),
        pytest.param(
            {"covered": ()},
            {},
            "A key of type v1 does not cover /api/egress/leads.",
            id="type",
        ),
        pytest.param(
            {},
            {"path": "/api/ingress/x"},
            "No endpoint permission matches GET /api/ingress/x.",
            id="endpoint",
        ),
        pytest.param(
            {
                "endpoints": tuple(
                    map(
                        compile_pattern,
                        ("GET *", "PUT,GET /api/egress/*", "DELETE /api/v2/*"),
                    )
                )
            },
            POST,
            "No endpoint permission matches POST /api/egress/leads."
            " The key allows it only for GET, PUT.",
            id="endpoint-for-other-methods",
        ),
        pytest.param(
            READ_ONLY,
            POST,
            "This key is read only: GET, HEAD and OPTIONS may pass, POST not.",
            id="read-only",
        ),
        pytest.param(
            NOTHING_HELD,
            {},
            "None of the key's roles holds crm.view_lead.",
            id="permission",
        ),
        pytest.param(
            {}, {"method": "POST"}, "This endpoint answers GET, PUT only.", id="method"
        ),
    ],
)
def test_refusal_says_what_is_wrong_with_this_call(grant, call, detail):
    refusal = first_refusal(replace(GRANT, **grant), CALL._replace(**call))

    assert refusal is not None
    assert refusal.detail == detail


REFUSALS = {
    value.code: (value.status, value.gate_status)
    for value in vars(refusals).values()
    if isinstance(value, Refusal)
}


def test_every_refusal_has_its_two_statuses():
    assert REFUSALS == {
        "credentials_missing": (401, 401),
        "credentials_malformed": (401, 401),
        "credentials_ambiguous": (400, 401),
        "credentials_invalid": (401, 401),
        "https_required": (403, 403),
        "credentials_in_parameters": (400, 401),
        "key_inactive": (401, 401),
        "key_expired": (401, 401),
        "ip_not_allowed": (403, 403),
        "path_malformed": (400, 403),
        "type_not_allowed": (403, 403),
        "endpoint_not_allowed": (403, 403),
        "permission_missing": (403, 403),
        "method_not_allowed": (405, 403),
        "server_busy": (503, 503),
        "state_unknown": (503, 503),
    }


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        pytest.param(400, {}, id="400"),
        pytest.param(401, {"WWW-Authenticate": 'Bearer realm="api"'}, id="401"),
        pytest.param(403, {}, id="403"),
        pytest.param(503, {"Retry-After": "1"}, id="503"),
    ],
)
def test_status_has_the_headers_that_http_wants(status, headers):
    assert Refusal.headers(status) == headers


def test_problem_body_carries_the_code_and_the_given_status():
    assert refusals.CREDENTIALS_AMBIGUOUS.problem(401) == {
        "type": "about:blank",
        "title": "Two different credentials",
        "status": 401,
        "detail": "The call carries more than one credential. Send exactly one.",
        "code": "credentials_ambiguous",
    }
