from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from apikeys.access.endpoint_permissions import Route
from apikeys.access.explanation import explain
from apikeys.access.paths import compile_pattern
from apikeys.access.rules import RULES, Call, Grant, first_refusal

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GRANT = Grant(
    key_id="kd_0123456789ABCDEF",
    name="Billing",
    key_type="v1",
    covered=("/api/egress", "/api/whoami"),
    expires_at=datetime(2027, 1, 1, tzinfo=UTC),
    networks=(ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")),
    endpoints=(compile_pattern("/api/egress/leads"), compile_pattern("/api/egress/*")),
    permissions=frozenset({"crm.view_lead"}),
)
ROUTE = Route(
    "/api/egress/x",
    {"GET": "crm.view_lead", "POST": "crm.add_lead", "PUT": None},
)
CALL = Call("GET", "/api/egress/x", ip_address("2001:db8::1"), NOW, ROUTE)


def _texts(grant=GRANT, call=CALL) -> dict[str, str]:
    return {step.rule: step.text for step in explain(grant, call).steps}


def test_each_rule_says_why_it_lets_the_call_pass():
    assert _texts() == {
        "carrier": "The credential stands where the key allows it.",
        "active": "The key is active.",
        "expiry": "The key expires at 2027-01-01 00:00:00 UTC.",
        "network": "The address 2001:db8::1 is in 2001:db8::/32.",
        "path": "The path is in normal form.",
        "type": "Type v1 covers /api/egress.",
        "endpoint": "The endpoint permission /api/egress/* matches.",
        "permission": "A role holds crm.view_lead.",
    }


def test_open_key_is_called_open():
    texts = _texts(
        replace(GRANT, expires_at=None, networks=(), endpoints=()),
        CALL._replace(route=None),
    )

    assert texts["expiry"] == "The key never expires."
    assert texts["network"] == "The key is open to any address."
    assert texts["endpoint"] == "The key may call all endpoints of its type."
    assert texts["permission"] == "The endpoint needs no permission here."


def test_methods_and_reading_only_are_named():
    grant = replace(
        GRANT,
        endpoints=tuple(map(compile_pattern, ("POST *", "GET,POST /api/egress/*"))),
    )
    everything = replace(GRANT, endpoints=(), is_read_only=True)

    assert _texts(grant)["endpoint"] == (
        "The endpoint permission GET,POST /api/egress/* matches."
    )
    assert _texts(everything)["endpoint"] == (
        "The key may call all endpoints of its type."
        " The key is read only, and GET only reads."
    )
    assert explain(everything, CALL._replace(method="PUT")).detail == (
        "This key is read only: GET, HEAD and OPTIONS may pass, PUT not."
    )


def test_path_of_every_key_is_named_so():
    texts = _texts(call=CALL._replace(path="/api/whoami"))

    assert texts["endpoint"] == (
        "Every key may call this path, whatever its endpoint permissions say."
    )


def test_unknown_address_of_a_restricted_key_is_explained():
    explanation = explain(GRANT, CALL._replace(address=None))

    assert (explanation.allowed, explanation.rule) == (False, "network")
    assert explanation.detail.startswith("The caller's address is unknown")


@given(
    st.fixed_dictionaries(
        {
            "is_active": st.booleans(),
            "expires_at": st.sampled_from([None, NOW, GRANT.expires_at]),
            "networks": st.sampled_from([(), GRANT.networks]),
            "endpoints": st.sampled_from(
                [(), GRANT.endpoints, (compile_pattern("GET *"),)]
            ),
            "is_read_only": st.booleans(),
        }
    ),
    st.fixed_dictionaries(
        {
            "address": st.sampled_from(
                [None, ip_address("192.0.2.1"), ip_address("::1")]
            ),
            "path": st.sampled_from(
                [None, "/api/egress/x", "/api/whoami", "/api/v2", "/"]
            ),
            "route": st.sampled_from([None, ROUTE]),
            "method": st.sampled_from(["GET", "OPTIONS", "POST", "PUT", "PURGE"]),
            "in_parameters": st.booleans(),
        }
    ),
)
def test_explanation_decides_as_the_rules_do(grant_values, call_values):
    grant = replace(GRANT, **grant_values)
    call = CALL._replace(**call_values)

    explanation = explain(grant, call)

    assert explanation.refusal == first_refusal(grant, call)
    assert explanation.allowed is (explanation.refusal is None)
    names = [rule.name for rule in RULES]
    assert [step.rule for step in explanation.steps] == names[: len(explanation.steps)]
    assert [step.passed for step in explanation.steps[:-1]] == [True] * (
        len(explanation.steps) - 1
    )
    assert all(step.text for step in explanation.steps)
