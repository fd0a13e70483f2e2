from __future__ import annotations

import pytest

from apikeys.plugin_tokens.domains import (
    normal_domain,
    origin_of_page,
    parse_domain,
    parse_origin,
)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("http://münchen.de", "http://xn--mnchen-3ya.de"),
        ("https://MÜNCHEN.de:443/x?y#z", "https://xn--mnchen-3ya.de"),
        ("http://a.com:8080", "http://a.com:8080"),
        ("http://a.com:80/", "http://a.com"),
        ("https://a.com:80/", "https://a.com:80"),
        ("https://user:password@a.com/", "https://a.com"),
        ("https://日本.jp/", "https://xn--wgv71a.jp"),
        ("https://under_score.a.com", "https://under_score.a.com"),
        ("http://[2001:DB8::0:1]:3000/x", "http://[2001:db8::1]:3000"),
        ("capacitor://localhost/index.html", "capacitor://localhost"),
        ("nonsense", "nonsense"),
    ],
)
def test_origin_is_what_a_browser_sends_for_a_page(typed, sent):
    assert origin_of_page(typed) == sent


@pytest.mark.parametrize(
    ("domain", "origin", "expected"),
    [
        ("capacitor://localhost", "capacitor://localhost", True),
        ("capacitor://localhost", "Capacitor://LOCALHOST", True),
        ("capacitor://localhost", "ionic://localhost", False),
        ("capacitor://localhost", "https://localhost", False),
        ("capacitor://localhost", "capacitor://x.localhost", False),
        ("localhost", "capacitor://localhost", False),
        ("app://com.example", "app://com.example", True),
        ("app://com.example", "app://evil.com.example", False),
        ("[::1]:3000", "http://[::1]:3000", True),
        ("[::1]:3000", "http://[::1]:3001", False),
        ("[::1]", "http://[0:0::1]:3001", True),
        ("[::1]", "http://localhost", False),
        ("[::FFFF:1.2.3.4]", "http://[::ffff:102:304]", True),
        ("localhost", "http://localhost:5173", True),
    ],
)
def test_entry_covers_the_origin(domain, origin, expected):
    parsed = parse_origin(origin)

    assert parsed is not None
    assert parse_domain(normal_domain(domain)).covers(parsed) is expected


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "file://",
        "data://x",
        "capacitor://",
        "capacitor://localhost/",
        "capacitor://localhost\r\nX: y",
        "capacitor://a@b",
        "capacitor://localhost:80",
        "://x",
        "http://[::1",
        "http://[::g]",
        "capacitor://löcalhost",
    ],
)
def test_text_that_is_no_origin(text):
    parsed = parse_origin(text)

    assert parsed is None or not parse_domain("[::1]").covers(parsed)
