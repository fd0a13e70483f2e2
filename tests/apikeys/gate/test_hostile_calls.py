from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apikeys.keys.values import KeySettings
from tests.apikeys.gate.asking import (
    TARGET,
    assert_allowed,
    assert_refused,
    bearer,
)
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "target",
    [
        "//api/egress/leads",
        "/api//egress/leads",
        "/api/egress/../ingress",
        "/api/egress/./leads",
        "/api/egress%2Fleads",
        "/api/egress/%2e%2e/ingress",
        "/api/egress/%252e%252e/ingress",
        "/api/egress\\..\\ingress",
        "/api/egress/leads;jsessionid=1",
        "/api/egress/%00",
        "/api/egress/%0d%0aX:y",
        "/api/egress/%ff",
        "/api/egress/\xe9",
        "/api/egress/leads#x",
        "http://crm.example/api/egress/leads",
        "/api/egress/" + "a" * 100_000,
        "*",
    ],
)
def test_trap_in_the_target_is_refused(target, ask):
    issued = IssuedFactory(fields=KeySettings("Open"))

    answer = ask(**bearer(issued), HTTP_X_ORIGINAL_URI=target)

    assert_refused(answer, 403, "path_malformed")


def test_trap_is_told_to_nobody_without_a_key(ask):
    answer = ask(HTTP_X_ORIGINAL_URI="/api/../x")

    assert_refused(answer, 401, "credentials_missing")


@pytest.mark.parametrize(
    "target",
    ["/api/egress/leads/", "/api/egress/%6Ceads", "/api/egress/leads?x=/../%2f;\\"],
)
def test_harmless_target_passes(target, ask):
    issued = IssuedFactory(fields=KeySettings("One", endpoints=(TARGET,)))

    assert_allowed(ask(**bearer(issued), HTTP_X_ORIGINAL_URI=target), issued)


@pytest.mark.parametrize("path", ["a" * 4_000, "%C3%A9" * 1_300], ids=["long", "é"])
def test_header_of_a_refusal_is_short_whatever_the_path(path, ask, issued):
    # nginx answers 500 where the headers outgrow its buffer of 4 kB.
    answer = ask(**bearer(issued), HTTP_X_ORIGINAL_URI=f"/api/ingress/{path}")

    assert_refused(answer, 403, "endpoint_not_allowed")
    header = json.loads(answer.headers["X-Refusal-Body"])
    assert header["code"] == "endpoint_not_allowed"
    assert sum(len(name) + len(value) for name, value in answer.headers.items()) < 2_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_AUTHORIZATION", "Bearer " + "a" * 1_000_000),
        ("HTTP_AUTHORIZATION", "Bearer \xff\xfe"),
        ("HTTP_X_API_ID", "\x00"),
        ("HTTP_X_API_KEY", "a" * 1_000_000),
        ("HTTP_X_ORIGINAL_URI", "?api=%ff&apikey=%00"),
        ("HTTP_X_ORIGINAL_METHOD", "\xff" * 1_000),
        ("HTTP_X_FORWARDED_FOR", "," * 100_000),
    ],
)
def test_hostile_header_is_a_plain_refusal(name, value, ask):
    answer = ask(**{name: value})

    assert answer.status in (401, 403)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "HTTP_AUTHORIZATION",
                "HTTP_X_API_ID",
                "HTTP_X_API_KEY",
                "HTTP_X_ORIGINAL_URI",
                "HTTP_X_ORIGINAL_METHOD",
                "HTTP_X_FORWARDED_FOR",
                "REMOTE_ADDR",
            ]
        ),
        st.binary(max_size=60).map(lambda value: value.decode("latin-1")),
    )
)
def test_any_headers_are_a_plain_refusal(ask, headers):
    assert ask(**headers).status in (401, 403)
