"""Whatever a stranger writes into `X-Forwarded-For`, the proxy's own hop decides."""

from __future__ import annotations

import pytest

from tests.apikeys.gate.asking import (
    CALLER,
    PROXY,
    assert_allowed,
    assert_refused,
    bearer,
)

pytestmark = pytest.mark.django_db

STRANGER = "198.51.100.1"
# What the client sent; the proxy appends the address that it saw.
FORGED = [
    CALLER,
    f"{CALLER}, {CALLER}",
    f"{CALLER}, {PROXY}",
    f"{CALLER}:80",
    f"{CALLER}:99999",
    f"[{CALLER}]",
    f"[::ffff:{CALLER}]:443",
    f"::ffff:{CALLER}",
    "::ffff:c000:0207",
    f"{CALLER}%0",
    f"{CALLER}/32",
    f'"{CALLER}"',
    f"for={CALLER}",
    f'for="[{CALLER}]";proto=https',
    f"{CALLER};",
    f"{CALLER} ",
    f"\t{CALLER}\t",
    f"{CALLER}\x00",
    f"{CALLER}\r\nX-Forwarded-For: {CALLER}",
    f"{CALLER},",
    f",{CALLER}",
    ",",
    ",,,,",
    "",
    " ",
    "unknown",
    "unix:",
    "localhost",
    "127.0.0.1",
    PROXY,
    f"{PROXY}:1",
    "3221225991",
    "0xc0000207",
    "0300.0.02.07",
    "192.0.519",
    "fe80::1%eth0",
    "_hidden",
    "x" * 5_000,
]


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("comma", [", ", ",", " , "])
def test_stranger_stays_a_stranger(forged, comma, ask, issued):
    answer = ask(**bearer(issued), HTTP_X_FORWARDED_FOR=f"{forged}{comma}{STRANGER}")

    assert_refused(answer, 403, "ip_not_allowed")


@pytest.mark.parametrize("forged", FORGED)
def test_stranger_stays_one_behind_two_proxies(forged, ask, issued):
    forwarded = f"{forged}, {STRANGER}:4711, 10.9.9.9"

    answer = ask(**bearer(issued), HTTP_X_FORWARDED_FOR=forwarded)

    assert_refused(answer, 403, "ip_not_allowed")


@pytest.mark.parametrize("forged", [STRANGER, "unknown", f"{STRANGER}:1", "", "unix:"])
def test_forged_hops_do_not_harm_the_caller_either(forged, ask, issued):
    answer = ask(**bearer(issued), HTTP_X_FORWARDED_FOR=f"{forged}, {CALLER}")

    assert_allowed(answer, issued)


@pytest.mark.parametrize("forged", FORGED)
def test_peer_that_is_no_proxy_is_not_asked_for_its_word(forged, ask, issued):
    answer = ask(**bearer(issued), REMOTE_ADDR=STRANGER, HTTP_X_FORWARDED_FOR=forged)

    assert_refused(answer, 403, "peer_not_trusted")
