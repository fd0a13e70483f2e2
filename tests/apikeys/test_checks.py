from __future__ import annotations

import secrets
from ipaddress import ip_network

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from apikeys.checks import (
    check_bounds_of_sign_in,
    check_digests_have_their_pepper,
    check_gate_settings,
    check_paths_and_headers,
    check_peppers,
    check_routes_declare_permissions,
)

GOOD = secrets.token_hex(32)


@pytest.mark.parametrize(
    ("peppers", "ids"),
    [
        pytest.param({1: GOOD}, [], id="strong"),
        pytest.param({1: GOOD, 2: GOOD[:32]}, [], id="exactly-long-enough"),
        pytest.param({}, ["apikeys.E001"], id="none"),
        pytest.param({1: GOOD[:31]}, ["apikeys.E002"], id="one-too-short"),
        pytest.param({1: ""}, ["apikeys.E002"], id="empty"),
        pytest.param({1: "a" * 64}, ["apikeys.E002"], id="one-character"),
        pytest.param({1: "abcdefg" * 10}, ["apikeys.E002"], id="seven-characters"),
        pytest.param({1: "abcdefgh" * 10}, [], id="eight-characters"),
        pytest.param({1: GOOD, 2: "x"}, ["apikeys.E002"], id="one-of-two"),
        pytest.param(
            {1: django_settings.SECRET_KEY}, ["apikeys.E002"], id="the-secret-key"
        ),
    ],
)
def test_peppers_are_checked(peppers, ids, settings):
    settings.API_KEY_PEPPERS = peppers

    problems = check_peppers()

    assert [problem.id for problem in problems] == ids
    assert all("secrets.token_hex(32)" in str(problem.hint) for problem in problems)
    texts = str(problems)
    assert not [text for text in peppers.values() if len(text) > 9 and text in texts]


@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        pytest.param("GATE_HEADERS", "original", [], id="original"),
        pytest.param("GATE_HEADERS", "forwarded", [], id="forwarded"),
        pytest.param("GATE_HEADERS", "url", [], id="url"),
        pytest.param("GATE_HEADERS", "path", [], id="path"),
        pytest.param("GATE_HEADERS", "both", ["apikeys.E003"], id="other-headers"),
        pytest.param("KEY_TYPE_EXTRA_PATHS", {"v1": ["/crm"]}, [], id="known-type"),
        pytest.param(
            "KEY_TYPE_EXTRA_PATHS", {"v3": ["/x"]}, ["apikeys.E004"], id="unknown-type"
        ),
        pytest.param(
            "TRUSTED_PROXIES", (ip_network("10.0.0.0/8"),), [], id="named-proxies"
        ),
        pytest.param(
            "TRUSTED_PROXIES",
            (ip_network("10.0.0.0/8"), ip_network("0.0.0.0/0")),
            ["apikeys.E005"],
            id="all-of-ipv4",
        ),
        pytest.param(
            "TRUSTED_PROXIES", (ip_network("::/0"),), ["apikeys.E005"], id="all-of-ipv6"
        ),
        pytest.param(
            "TRUSTED_PROXIES",
            (ip_network("0.0.0.0/1"), ip_network("128.0.0.0/1")),
            ["apikeys.E005"],
            id="all-in-two-halves",
        ),
        pytest.param("TRUSTED_PROXIES", ("unix",), [], id="unix-socket"),
        pytest.param(
            "TRUSTED_PROXIES",
            ("unix", ip_network("0.0.0.0/0")),
            ["apikeys.E005"],
            id="unix-and-all",
        ),
    ],
)
def test_settings_of_the_gate_are_checked(name, value, ids, settings):
    setattr(settings, name, value)

    assert [problem.id for problem in check_gate_settings()] == ids


@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        pytest.param("PASSWORD_HASHES_AT_ONCE", 1, [], id="one-hash"),
        pytest.param("PASSWORD_HASHES_AT_ONCE", 0, ["apikeys.E030"], id="no-hash"),
        pytest.param("SESSION_IDLE_SECONDS", 60, [], id="a-minute"),
        pytest.param("SESSION_IDLE_SECONDS", 0, ["apikeys.E031"], id="no-time"),
        pytest.param("SESSION_IDLE_SECONDS", 1209600, [], id="as-long-as-the-most"),
        pytest.param(
            "SESSION_MAX_SECONDS", 3600, ["apikeys.E031"], id="less-than-idle"
        ),
    ],
)
def test_bounds_of_sign_in_are_checked(name, value, ids, settings):
    setattr(settings, name, value)

    assert [problem.id for problem in check_bounds_of_sign_in()] == ids


# Newer Django's checks of models ask SQLite what it can.
@pytest.mark.django_db
def test_start_without_a_pepper_fails(settings):
    settings.API_KEY_PEPPERS = {}

    with pytest.raises(CommandError, match="API_KEY_PEPPERS is empty"):
        call_command("check")


def test_database_is_not_asked_unless_it_may_be_used():
    assert check_digests_have_their_pepper() == []
    assert check_digests_have_their_pepper(databases=[]) == []


@pytest.mark.django_db
def test_database_that_does_not_answer_is_no_problem_of_the_peppers():
    def fail(*arguments):
        raise OperationalError

    with connection.execute_wrapper(fail):
        assert check_digests_have_their_pepper(databases=["default"]) == []


@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        pytest.param("KEY_TYPE_EXTRA_PATHS", {"v1": ["/crm", "/a/b"]}, [], id="paths"),
        pytest.param(
            "KEY_TYPE_EXTRA_PATHS", {"v1": [""]}, ["apikeys.E008"], id="everything"
        ),
        pytest.param(
            "KEY_TYPE_EXTRA_PATHS", {"v1": ["/crm/"]}, ["apikeys.E008"], id="slash"
        ),
        pytest.param(
            "KEY_TYPE_EXTRA_PATHS", {"v1": "/crm"}, ["apikeys.E008"], id="no-list"
        ),
        pytest.param(
            "KEY_TYPE_EXTRA_PATHS", {"v1": ["/crm "]}, ["apikeys.E008"], id="blank"
        ),
        pytest.param(
            "KEY_TYPE_EXTRA_PATHS", {"v1": ["/a//b"]}, ["apikeys.E008"], id="never-seen"
        ),
        pytest.param("KEY_HEADER_PAIRS", [("a", "b")], [], id="pair"),
        pytest.param("KEY_HEADER_PAIRS", [("a",)], ["apikeys.E009"], id="half"),
        pytest.param("KEY_HEADER_PAIRS", [("a", "")], ["apikeys.E009"], id="empty"),
    ],
)
def test_extra_paths_and_header_pairs_are_checked(name, value, ids, settings):
    setattr(settings, name, value)

    assert [problem.id for problem in check_paths_and_headers()] == ids


@pytest.mark.urls("tests.apikeys.api.echo_urls")
def test_endpoint_that_declares_no_permission_stops_the_start():
    problems = check_routes_declare_permissions()

    assert {problem.id for problem in problems} == {"apikeys.E010"}
    undeclared = {str(problem.msg).split()[2] for problem in problems}
    assert "/api/egress/echo" in undeclared
    assert "/api/egress/guarded" not in undeclared
    assert "/api/whoami" not in undeclared


@pytest.mark.django_db
@pytest.mark.urls("tests.apikeys.undeclared_urls")
def test_start_with_a_plain_view_below_a_key_types_path_fails():
    with pytest.raises(CommandError, match="/webservice/SMS/Reports declares no perm"):
        call_command("check")


@pytest.mark.urls("tests.apikeys.undeclared_urls")
def test_declared_route_that_spans_slashes_stops_the_start():
    assert "apikeys.E011" in {p.id for p in check_routes_declare_permissions()}


def test_every_route_of_the_product_declares_what_it_needs():
    assert check_routes_declare_permissions() == []
