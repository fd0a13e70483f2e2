from __future__ import annotations

import pytest

from apikeys.access.openness import covers_every_address, covers_every_path


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        ((), False),
        (("10.0.0.0/8", "::1/128"), False),
        (("0.0.0.0/1",), False),
        (("::/1", "0.0.0.0/1"), False),
        (("0.0.0.0/0",), True),
        (("::/0",), True),
        (("10.0.0.0/8", "::/0"), True),
        (("::ffff:0:0/96",), True),
        (("0.0.0.0/1", "128.0.0.0/1"), True),
        (("8000::/1", "::/2", "4000::/2"), True),
    ],
)
def test_networks_that_hold_every_address(networks, expected):
    assert covers_every_address(networks) is expected


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ((), False),
        (("/",), False),
        (("/api/*", "*/leads"), False),
        (("GET *",), False),
        (("*",), True),
        (("/*",), True),
        (("/a", "/*/*"), True),
    ],
)
def test_patterns_that_match_every_path(patterns, expected):
    assert covers_every_path(patterns) is expected
