from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikeys.access.client_ip import (
    MalformedNetwork,
    TrustedProxies,
    contains,
    parse_address,
    parse_network,
)
from apikeys.access.networks import cover_everybody

PROXIES = TrustedProxies((ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
NO_PROXIES = TrustedProxies(())
UNIX_PROXIES = TrustedProxies(("unix", ip_network("10.0.0.0/8")))
PROXY, SECOND_PROXY = "10.0.0.1", "10.1.2.3"
CALLER, FORGED = "198.51.100.7", "192.0.2.1"


@pytest.mark.parametrize(
    ("remote", "forwarded_for", "proxies", "expected"),
    [
        pytest.param(CALLER, None, NO_PROXIES, CALLER, id="no-proxies-trusted"),
        pytest.param(
            CALLER, FORGED, NO_PROXIES, CALLER, id="header-of-no-proxy-is-ignored"
        ),
        pytest.param(CALLER, FORGED, PROXIES, CALLER, id="untrusted-peer"),
        pytest.param(PROXY, CALLER, PROXIES, CALLER, id="one-proxy"),
        pytest.param(
            PROXY, f"{CALLER}, {SECOND_PROXY}", PROXIES, CALLER, id="two-proxies"
        ),
        pytest.param(
            PROXY, f"{FORGED}, {CALLER}", PROXIES, CALLER, id="forged-leftmost-hop"
        ),
        pytest.param(
            PROXY,
            f"{PROXY}, {FORGED}, {CALLER}, {SECOND_PROXY}",
            PROXIES,
            CALLER,
            id="forged-proxy-and-hop",
        ),
        pytest.param(
            PROXY, f"{FORGED},{CALLER}", PROXIES, CALLER, id="no-spaces-between-hops"
        ),
        pytest.param(PROXY, f"garbage, {CALLER}", PROXIES, CALLER, id="garbage-left"),
        pytest.param(PROXY, f"{CALLER}, garbage", PROXIES, None, id="garbage-right"),
        pytest.param(
            PROXY,
            f"{CALLER}, garbage, {SECOND_PROXY}",
            PROXIES,
            None,
            id="garbage-between",
        ),
        pytest.param(PROXY, f"{CALLER},", PROXIES, None, id="empty-last-hop"),
        pytest.param(PROXY, None, PROXIES, None, id="header-absent"),
        pytest.param(PROXY, "", PROXIES, None, id="header-empty"),
        pytest.param(PROXY, "unknown", PROXIES, None, id="unknown"),
        pytest.param(PROXY, f"{CALLER}:52114", PROXIES, CALLER, id="port"),
        pytest.param(
            PROXY, "[2001:db8::1]:443", PROXIES, "2001:db8::1", id="port-of-ipv6"
        ),
        pytest.param(PROXY, "[2001:db8::1]", PROXIES, "2001:db8::1", id="brackets"),
        pytest.param(
            PROXY,
            f"{FORGED}, {CALLER}:1, {SECOND_PROXY}:65535",
            PROXIES,
            CALLER,
            id="ports-of-caller-and-proxy",
        ),
        pytest.param(
            PROXY, f"[::ffff:{CALLER}]:9", PROXIES, CALLER, id="port-of-mapped"
        ),
        pytest.param(f"{PROXY}:4", CALLER, PROXIES, CALLER, id="port-of-the-peer"),
        pytest.param(PROXY, f"{CALLER}:", PROXIES, None, id="port-empty"),
        pytest.param(PROXY, f"{CALLER}:65536", PROXIES, None, id="port-too-high"),
        pytest.param(PROXY, f"{CALLER}:٣", PROXIES, None, id="port-in-arabic"),
        pytest.param(PROXY, f"{CALLER}:-1", PROXIES, None, id="port-negative"),
        pytest.param(PROXY, f"[{CALLER}]:80", PROXIES, None, id="ipv4-in-brackets"),
        pytest.param(PROXY, "[2001:db8::1", PROXIES, None, id="bracket-open"),
        pytest.param(PROXY, "[fe80::1%eth0]:80", PROXIES, None, id="zone-and-port"),
        pytest.param(PROXY, "[]:80", PROXIES, None, id="port-alone"),
        pytest.param(
            PROXY, "2001:db8::1:443", PROXIES, "2001:db8::1:443", id="no-port"
        ),
        pytest.param(PROXY, "fe80::1%eth0", PROXIES, None, id="zone-id"),
        pytest.param(PROXY, "2001:db8::1", PROXIES, "2001:db8::1", id="ipv6-caller"),
        pytest.param(PROXY, f"::ffff:{CALLER}", PROXIES, CALLER, id="mapped-caller"),
        pytest.param(f"::ffff:{PROXY}", CALLER, PROXIES, CALLER, id="mapped-proxy"),
        pytest.param("fd00::1", CALLER, PROXIES, CALLER, id="ipv6-proxy"),
        pytest.param(
            PROXY, SECOND_PROXY, PROXIES, SECOND_PROXY, id="all-hops-are-trusted"
        ),
        pytest.param("", CALLER, PROXIES, None, id="unix-socket"),
        pytest.param("", None, NO_PROXIES, None, id="unix-socket-without-proxies"),
        pytest.param("unix:", CALLER, PROXIES, None, id="peer-is-no-address"),
        pytest.param("", CALLER, UNIX_PROXIES, CALLER, id="trusted-unix-socket"),
        pytest.param("unix:", CALLER, UNIX_PROXIES, CALLER, id="unix-as-nginx-says"),
        pytest.param(
            "",
            f"{FORGED}, {CALLER}, {SECOND_PROXY}",
            UNIX_PROXIES,
            CALLER,
            id="two-proxies-by-a-unix-socket",
        ),
        pytest.param("", None, UNIX_PROXIES, None, id="unix-without-header"),
        pytest.param("", f"{CALLER},", UNIX_PROXIES, None, id="unix-and-empty-hop"),
        pytest.param("", f"{CALLER}, unix:", UNIX_PROXIES, None, id="unix-as-a-hop"),
        pytest.param("x", CALLER, UNIX_PROXIES, None, id="unix-and-odd-peer"),
        pytest.param(CALLER, FORGED, UNIX_PROXIES, CALLER, id="unix-and-a-stranger"),
        pytest.param(PROXY, "1.2.3.04", PROXIES, None, id="leading-zero"),
        pytest.param(PROXY, "3325256711", PROXIES, None, id="decimal-number"),
        pytest.param(PROXY, "0x7f000001", PROXIES, None, id="hexadecimal-number"),
        pytest.param(PROXY, f"{CALLER}/32", PROXIES, None, id="network"),
    ],
)
def test_caller_is(remote, forwarded_for, proxies, expected):
    address = proxies.caller(remote, forwarded_for)

    assert address == (ip_address(expected) if expected else None)


def test_long_chain_of_hops_is_walked_to_its_end():
    hops = ", ".join([CALLER, *[SECOND_PROXY] * 50_000])

    assert PROXIES.caller(PROXY, hops) == ip_address(CALLER)


@given(st.text(), st.none() | st.text())
def test_any_header_gives_an_address_or_none(remote, forwarded_for):
    bare = remote.strip()
    assert PROXIES.caller(remote, forwarded_for) in (
        None,
        parse_address(remote),
        parse_address(bare.strip("[]")),
        parse_address(bare.rpartition(":")[0].strip("[]")),
    )
    assert PROXIES.caller(PROXY, f"{forwarded_for}, {CALLER}") == ip_address(CALLER)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("192.0.2.1", "192.0.2.1", id="ipv4"),
        pytest.param(" 192.0.2.1\t", "192.0.2.1", id="spaces"),
        pytest.param("2001:DB8::1", "2001:db8::1", id="ipv6"),
        pytest.param("::ffff:192.0.2.1", "192.0.2.1", id="mapped"),
        pytest.param("::ffff:c000:201", "192.0.2.1", id="mapped-in-hexadecimal"),
        pytest.param("::192.0.2.1", "::c000:201", id="compatible-is-not-mapped"),
        pytest.param("::ffff:192.0.2.1%eth0", None, id="mapped-with-zone"),
        pytest.param("fe80::1%1", None, id="zone"),
        pytest.param("192.0.2.1:80", None, id="port"),
        pytest.param("192.0.2", None, id="short"),
        pytest.param("192.0.2.256", None, id="out-of-range"),
        pytest.param("٣.٣.٣.٣", None, id="arabic-digits"),
        pytest.param("192.0.2.1\0", None, id="nul"),
        pytest.param("localhost", None, id="name"),
        pytest.param("", None, id="empty"),
        pytest.param("1" * 1_000_000, None, id="one-megabyte"),
    ],
)
def test_address_is_parsed(text, expected):
    assert parse_address(text) == (ip_address(expected) if expected else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("192.0.2.1", "192.0.2.1/32", id="address"),
        pytest.param("192.0.2.0/24", "192.0.2.0/24", id="network"),
        pytest.param("0.0.0.0/0", "0.0.0.0/0", id="all-of-ipv4"),
        pytest.param("192.0.2.0/255.255.255.0", "192.0.2.0/24", id="netmask"),
        pytest.param("2001:db8::1", "2001:db8::1/128", id="ipv6-address"),
        pytest.param("2001:DB8::/32", "2001:db8::/32", id="ipv6-network"),
        pytest.param("::ffff:192.0.2.1", "192.0.2.1/32", id="mapped-address"),
        pytest.param("::ffff:192.0.2.0/120", "192.0.2.0/24", id="mapped-network"),
        pytest.param("::ffff:0:0/96", "0.0.0.0/0", id="all-that-is-mapped"),
        pytest.param("::/0", "::/0", id="all-of-ipv6"),
    ],
)
def test_network_is_parsed(text, expected):
    assert parse_network(text) == ip_network(expected)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        pytest.param("10.0.0.1/8", "10.0.0.0/8", id="host-bits"),
        pytest.param("192.0.2.255/31", "192.0.2.254/31", id="host-bits-of-two"),
        pytest.param("192.0.2.9/255.255.255.0", "192.0.2.0/24", id="netmask"),
        pytest.param("2001:db8::1/32", "2001:db8::/32", id="host-bits-of-ipv6"),
        pytest.param("::ffff:10.0.0.1/104", "10.0.0.0/8", id="host-bits-of-mapped"),
        pytest.param("192.0.2.0/33", "", id="prefix-too-long"),
        pytest.param("192.0.2.0/-1", "", id="negative-prefix"),
        pytest.param("192.0.2.0/", "", id="no-prefix"),
        pytest.param(
            "192.0.2.1-192.0.2.9",
            "192.0.2.1/32, 192.0.2.2/31, 192.0.2.4/30, 192.0.2.8/31",
            id="range",
        ),
        pytest.param("10.0.0.0–10.0.1.255", "10.0.0.0/23", id="range-with-dash"),  # noqa: RUF001
        pytest.param("10.0.0.0-255", "10.0.0.0/24", id="range-of-last-numbers"),
        pytest.param("2001:db8::-2001:db8::3", "2001:db8::/126", id="range-of-ipv6"),
        pytest.param("192.0.2.9-192.0.2.1", "", id="range-backwards"),
        pytest.param("192.0.2.9-2001:db8::1", "", id="range-of-two-versions"),
        pytest.param("10.0.0.1-10.255.255.254", "", id="range-of-too-many"),
        pytest.param("192.0.2.*", "192.0.2.0/24", id="star"),
        pytest.param("192.0.*.*", "192.0.0.0/16", id="two-stars"),
        pytest.param("10.*", "10.0.0.0/8", id="star-for-all-the-rest"),
        pytest.param("10.*.1.1", "", id="star-inside"),
        pytest.param("300.*", "", id="star-out-of-range"),
        pytest.param("192.0.2.1:80", "192.0.2.1/32", id="port"),
        pytest.param("[2001:db8::1]:443", "2001:db8::1/128", id="port-of-ipv6"),
        pytest.param("fe80::1%eth0", "", id="zone"),
        pytest.param("fe80::%eth0/64", "", id="zone-of-network"),
        pytest.param("example.com", "", id="name"),
        pytest.param("", "", id="empty"),
        pytest.param("\0", "", id="nul"),
    ],
)
def test_malformed_network_suggests_what_was_meant(text, suggestion):
    with pytest.raises(MalformedNetwork) as caught:
        parse_network(text)

    assert (caught.value.text, caught.value.suggestion) == (text, suggestion)


@given(
    st.text()
    | st.tuples(st.ip_addresses(), st.integers(-1, 140)).map(
        lambda pair: f"{pair[0]}/{pair[1]}"
    )
)
def test_any_text_is_a_network_or_malformed(text):
    try:
        stored = str(parse_network(text))
    except MalformedNetwork as malformed:
        stored = malformed.suggestion

    for network in filter(None, stored.split(", ")):
        assert str(parse_network(network)) == network


@given(st.ip_addresses(v=4))
def test_mapped_address_and_network_are_their_ipv4_selves(address):
    mapped = f"::ffff:{address}"

    assert parse_address(mapped) == address
    assert contains([parse_network(mapped)], address)


@pytest.mark.parametrize(
    ("networks", "address", "expected"),
    [
        pytest.param([], "192.0.2.1", False, id="no-network"),
        pytest.param(["192.0.2.0/24"], "192.0.2.0", True, id="first"),
        pytest.param(["192.0.2.0/24"], "192.0.2.255", True, id="last"),
        pytest.param(["192.0.2.0/24"], "192.0.3.0", False, id="behind"),
        pytest.param(["192.0.2.0/24"], "192.0.1.255", False, id="before"),
        pytest.param(["192.0.2.1/32"], "192.0.2.1", True, id="single"),
        pytest.param(["0.0.0.0/0"], "::1", False, id="ipv6-in-all-of-ipv4"),
        pytest.param(["::/0"], "192.0.2.1", False, id="ipv4-in-all-of-ipv6"),
        pytest.param(["::1/128", "192.0.2.1/32"], "192.0.2.1", True, id="second"),
    ],
)
def test_networks_contain(networks, address, expected):
    assert contains(map(ip_network, networks), ip_address(address)) is expected


def test_hop_longer_than_any_address_ends_the_walk():
    proxies = TrustedProxies([ip_network("10.0.0.0/8")])

    assert proxies.caller("10.0.0.1", f"192.0.2.7, {'1' * 46}") is None
    assert not proxies.trusts("1" * 46)
    assert proxies.caller("10.0.0.1", f"192.0.2.7, {'1' * 60}") is None
    assert not proxies.trusts("1" * 60)


def test_unix_socket_is_trusted_only_where_it_is_named():
    assert [UNIX_PROXIES.trusts(peer) for peer in ("", "unix:", "x")] == [
        True,
        True,
        False,
    ]
    assert not PROXIES.trusts("")
    assert not PROXIES.trusts("unix:")


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        pytest.param([], False, id="none"),
        pytest.param(["0.0.0.0/0"], True, id="all-of-ipv4"),
        pytest.param(["::/0"], True, id="all-of-ipv6"),
        pytest.param(["::ffff:0:0/96"], True, id="all-that-is-mapped"),
        pytest.param(["0.0.0.0/1", "128.0.0.0/1"], True, id="two-halves"),
        pytest.param(["0.0.0.0/1"], False, id="half"),
        pytest.param(["::/1", "8000::/1"], True, id="halves-of-ipv6"),
        pytest.param(["2000::/3"], True, id="all-of-the-ipv6-internet"),
        pytest.param(["2000::/4"], False, id="half-of-it"),
        pytest.param(
            ["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"], True, id="without-multicast"
        ),
        pytest.param(["10.0.0.0/8", "0.0.0.0/0"], True, id="among-others"),
        pytest.param(["0.0.0.0/1", "8000::/1"], False, id="halves-of-two-versions"),
        pytest.param(
            [f"{n}.0.0.0/8" for n in range(256)], True, id="all-in-small-parts"
        ),
        pytest.param([f"{n}.0.0.0/8" for n in range(1, 256)], False, id="all-but-one"),
    ],
)
def test_networks_that_hold_everybody_are_found(networks, expected):
    assert cover_everybody(map(parse_network, networks)) is expected
