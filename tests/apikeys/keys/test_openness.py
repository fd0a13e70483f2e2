from __future__ import annotations

import pytest

from apikeys.keys.values import is_open


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        ((), True),
        (("10.0.0.0/8", "::1/128"), False),
        (("0.0.0.0/1",), False),
        (("::/1", "0.0.0.0/1"), True),  # holds 2000::/3, all of the IPv6 internet
        (("4000::/2", "0.0.0.0/1"), False),
        (("0.0.0.0/0",), True),
        (("::/0",), True),
        (("10.0.0.0/8", "::/0"), True),
        (("::ffff:0:0/96",), True),
        (("0.0.0.0/1", "128.0.0.0/1"), True),
        (("8000::/1", "::/2", "4000::/2"), True),
    ],
)
def test_networks_that_hold_every_caller_restrict_nothing(networks, expected):
    assert is_open("networks", networks) is expected


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ((), True),
        (("/",), False),
        (("/api/*", "*/leads"), False),
        (("GET *",), False),
        (("*",), True),
        (("/*",), True),
    ],
)
def test_patterns_that_match_every_path_restrict_nothing(patterns, expected):
    assert is_open("endpoints", patterns) is expected
