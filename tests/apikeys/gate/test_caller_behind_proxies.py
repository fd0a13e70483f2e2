"""Where the gate takes the caller's address from, in the forms that proxies write it."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from apikeys.access.client_ip import parse_proxy
from tests.apikeys.gate.asking import (
    CALLER,
    PROXY,
    assert_allowed,
    assert_refused,
    bearer,
)

pytestmark = pytest.mark.django_db

FORGED = "198.51.100.1"


@pytest.mark.parametrize(
    "forwarded",
    [f"{CALLER}:52114", f"[::ffff:{CALLER}]:443", f"{FORGED}:1, {CALLER}:2"],
)
def test_port_behind_the_callers_address_is_taken_off(forwarded, ask, issued):
    assert_allowed(ask(**bearer(issued), HTTP_X_FORWARDED_FOR=forwarded), issued)


@pytest.mark.parametrize("forwarded", [f"{FORGED}:52114", f"{CALLER}, {FORGED}:80"])
def test_port_makes_no_other_address_a_good_one(forwarded, ask, issued):
    answer = ask(**bearer(issued), HTTP_X_FORWARDED_FOR=forwarded)

    assert_refused(answer, 403, "ip_not_allowed")


@pytest.mark.parametrize("peer", ["", "unix:"])
def test_server_on_a_unix_socket_believes_its_proxy_where_told_so(
    peer, ask, issued, settings
):
    settings.TRUSTED_PROXIES = ("unix",)

    allowed = ask(**bearer(issued), REMOTE_ADDR=peer)
    elsewhere = ask(**bearer(issued), REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=FORGED)
    unknown = ask(**bearer(issued), REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=None)

    assert_allowed(allowed, issued)
    assert_refused(elsewhere, 403, "ip_not_allowed")
    assert_refused(unknown, 403, "ip_not_allowed")


def test_unix_alone_trusts_no_address(ask, issued, settings):
    settings.TRUSTED_PROXIES = ("unix",)

    assert_refused(ask(**bearer(issued), REMOTE_ADDR=PROXY), 403, "peer_not_trusted")


@pytest.mark.parametrize("peer", ["", "unix:"])
def test_unix_socket_is_trusted_only_where_it_is_named(peer, ask, issued):
    assert_refused(ask(**bearer(issued), REMOTE_ADDR=peer), 403, "peer_not_trusted")


@pytest.mark.parametrize(
    ("network", "peer"),
    [("::ffff:10.0.0.0/104", PROXY), ("10.0.0.0/8", f"::ffff:{PROXY}")],
)
def test_mapped_network_is_its_ipv4_self(network, peer, ask, issued, settings):
    settings.TRUSTED_PROXIES = (parse_proxy(network),)

    assert_allowed(ask(**bearer(issued), REMOTE_ADDR=peer), issued)
    assert parse_proxy("10.0.0.0/8") == ip_network("10.0.0.0/8")
