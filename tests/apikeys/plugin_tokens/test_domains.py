from __future__ import annotations

import re
from urllib.parse import urlsplit

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikeys.plugin_tokens.domains import (
    Domain,
    MalformedDomains,
    Origin,
    joined,
    normal_domain,
    parse_domain,
    parse_domains,
    parse_origin,
    site_of,
)

LONG_LABEL = "a" * 63
LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("example.com", ["example.com"]),
        ("EXAMPLE.com", ["example.com"]),
        ("example.com.", ["example.com"]),
        (" a.com ,\tb.com\xa0", ["a.com", "b.com"]),
        ("a.com,A.COM,a.com.", ["a.com"]),
        ("b.com,a.com", ["b.com", "a.com"]),
        ("a.com,,b.com,", ["a.com", "b.com"]),
        ("a.com\r\nb.com\nc.com", ["a.com", "b.com", "c.com"]),
        ("localhost", ["localhost"]),
        ("localhost:3000", ["localhost:3000"]),
        ("a.com:1,a.com:65535,a.com", ["a.com:1", "a.com:65535", "a.com"]),
        ("127.0.0.1:8000", ["127.0.0.1:8000"]),
        ("münchen.de", ["xn--mnchen-3ya.de"]),
        ("MÜNCHEN.de", ["xn--mnchen-3ya.de"]),
        ("mu\u0308nchen.de", ["xn--mnchen-3ya.de"]),
        ("xn--mnchen-3ya.de", ["xn--mnchen-3ya.de"]),
        ("faß.de", ["xn--fa-hia.de"]),
        ("例え。テスト", ["xn--r8jz45g.xn--zckzah"]),
        ("ｅｘａｍｐｌｅ．ｃｏｍ", ["example.com"]),  # noqa: RUF001
        ("8.example.com", ["8.example.com"]),
        ("a.com b.com", ["a.com", "b.com"]),
        ("a.com; b.com;c.com", ["a.com", "b.com", "c.com"]),
        ("a.com # main\n# old\nb.com", ["a.com", "b.com"]),
        ("a\u200b.com\ufeff", ["a.com"]),
        ("https://a.com/x", ["a.com"]),
        ("http://a.com:8080/x?y#z", ["a.com:8080"]),
        ("//a.com", ["a.com"]),
        ("wss://a.com/socket", ["a.com"]),
        ("a.com/x", ["a.com"]),
        ("a.com?x", ["a.com"]),
        ("a.com#x", ["a.com"]),
        ("HTTPS://MÜNCHEN.de/", ["xn--mnchen-3ya.de"]),
        ("localhost:*", ["localhost"]),
        ("http://localhost:*/x", ["localhost"]),
        ("[::1]:3000", ["[::1]:3000"]),
        ("[::1]", ["[::1]"]),
        ("[2001:DB8:0::1]", ["[2001:db8::1]"]),
        ("2001:db8::1", ["[2001:db8::1]"]),
        ("http://[::1]:3000/x", ["[::1]:3000"]),
        ("capacitor://localhost", ["capacitor://localhost"]),
        ("Ionic://LocalHost/x", ["ionic://localhost"]),
        ("app://com.example.shop", ["app://com.example.shop"]),
        ("app://-", ["app://-"]),
        (f"{LONG_LABEL}.com", [f"{LONG_LABEL}.com"]),
        (LONGEST, [LONGEST]),
    ],
)
def test_normal_form(text, normal):
    assert parse_domains(text) == normal


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "At least one domain is needed."),
        (" , \n", "At least one domain is needed."),
        ("*.a.com", "has a wildcard"),
        ("*", "has a wildcard"),
        ("a.com\\x", "has a path"),
        ("a.com:", "has a port"),
        ("a.com:0", "has a port"),
        ("a.com:080", "has a port"),
        ("a.com:65536", "has a port"),
        ("localhost:563295", "has a port"),
        ("a.com:http", "has a port"),
        ("a.com:٣", "has a port"),
        ("mailto:a@b.com", "has a port"),
        ("[::1]:0", "has a port"),
        ("[::1]:x", "has a port"),
        ("[::1", "has a port"),
        ("[fe80::1%eth0]", "is not a valid"),
        ("[1.2.3.4]", "is not a valid"),
        ("[]:80", "is not a valid"),
        ("https://user@a.com/x", "is not a valid"),
        ("https://", "is not a valid"),
        ("file:///etc/passwd", "is the address of no site or app"),
        ("ftp://a.com", "is the address of no site or app"),
        ("ionic://", "has no host; write it too, as in ionic://localhost"),
        ("app://a@b", "is not the address of an app"),
        ("capacitor://*", "is not the address of an app"),
        ("user@a.com", "is not a valid"),
        ("a..com", "is not a valid"),
        (".a.com", "is not a valid"),
        (".", "is not a valid"),
        ("-a.com", "is not a valid"),
        ("a-.com", "is not a valid"),
        ("a_b.com", "is not a valid"),
        ("a%2eb.com", "is not a valid"),
        ("xn--zzzz.com", "is not a valid"),
        ("\u2100.com", "is not a valid"),  # ℀ is a/c to some readers
        ("a\u200bb\u00ad.com\u0000", "is not a valid"),
        ("א1a.com", "is not a valid"),
        ("1.2.3", "is not a valid"),
        ("1.2.3.4.5", "is not a valid"),
        ("256.0.0.1", "is not a valid"),
        ("01.2.3.4", "is not a valid"),
        ("0x7f.0.0.1.0x1", "is not a valid"),
        ("a.com.7up", "is not a valid"),
        (f"{'a' * 64}.com", "is not a valid"),
        (f"{LONGEST}x", "is not a valid"),
        (f"e.{LONGEST}", "is not a valid"),
        ("\ud800.com", "is not a valid"),
    ],
)
def test_text_that_is_no_domain(text, why):
    with pytest.raises(MalformedDomains, match=why):
        parse_domains(text)


def test_long_text_is_refused_before_it_is_read():
    parse_domains("a.com," * 833)

    with pytest.raises(MalformedDomains, match="at most 5000"):
        parse_domains("a.com," * 833 + "abc")


def test_normal_form_is_not_longer_than_5000_either():
    # "ü" is longer in ASCII: 5 characters become 13.
    text = ",".join(f"{chr(0xE0 + n % 20)}{n:03}" for n in range(990))

    with pytest.raises(MalformedDomains, match="at most 5000"):
        parse_domains(text)


def test_problem_shows_only_the_start_of_a_long_text():
    with pytest.raises(MalformedDomains) as error:
        parse_domains("*" * 4000)

    assert error.value.problems == (
        f"“{'*' * 60}…” has a wildcard; a domain covers its subdomains without one.",
    )


@given(st.text(max_size=80) | st.from_regex(r"[a-zA-ZÀ-ɏ0-9.-]{1,80}", fullmatch=True))
def test_names_are_taken_and_written_as_idna_takes_and_writes_them(text):
    """Where no rule of ours speaks first, `idna` alone decides."""
    ours = _or_none(normal_domain, text)
    if re.search(r"[*/\\?#:\[]", text):
        return
    theirs = _or_none(_idna, text)
    if theirs is not None and re.search(r"(^|\.)[0-9][^.]*$", theirs):
        assert ours in (None, theirs)
        return
    assert ours == theirs


@given(st.from_regex(r"(?:[a-zà-ÿα-ω0-9]{1,8}\.){0,3}[a-zà-ÿα-ω]{1,8}", fullmatch=True))
def test_normal_form_stays_as_it_is(text):
    normal = _or_none(normal_domain, text)

    if normal is not None:
        assert normal_domain(normal) == normal
        assert normal_domain(normal.upper()) == normal
        assert normal_domain(f"{normal}.") == normal
        assert normal.isascii()
        assert parse_domain(normal).covers(_origin(f"https://{normal}"))
        assert parse_domain(normal).covers(_origin(f"http://x.{normal}:81"))
        assert not parse_domain(normal).covers(_origin(f"https://x{normal}"))
        assert not parse_domain(normal).covers(_origin(f"https://{normal}.x"))


@given(st.lists(st.sampled_from(["a.com", "B.com", "c.com:8080", "ü.de", ""])))
def test_joined_form_is_read_as_it_was_written(parts):
    domains = _or_none(parse_domains, ",".join(parts))

    if domains is not None:
        assert parse_domains(joined(domains)) == domains
        assert len(set(domains)) == len(domains)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://example.com", ("example.com", 443)),
        ("http://example.com", ("example.com", 80)),
        ("https://a.example.com:8443", ("a.example.com", 8443)),
        ("HTTPS://A.Example.com.", ("a.example.com", 443)),
        ("http://localhost:3000", ("localhost", 3000)),
        ("https://under_score.example.com", ("under_score.example.com", 443)),
        ("http://[::1]:3000", ("[::1]", 3000)),
        ("https://[2001:db8::1]", ("[2001:db8::1]", 443)),
        ("capacitor://localhost", ("localhost", 0)),
        ("app://-", ("-", 0)),
    ],
)
def test_origin(text, expected):
    origin = _origin(text)

    assert (origin.host, origin.port, origin.text) == (*expected, text)


@given(st.text(max_size=60).map(lambda rest: f"https://{rest}"))
def test_no_text_makes_another_origin_of_a_url(text):
    origin = parse_origin(text)

    if origin is not None:
        assert (urlsplit(text).hostname or "").removesuffix(".") == origin.host
        assert urlsplit(text).path == ""


@pytest.mark.parametrize(
    ("origin", "referer", "host"),
    [
        ("https://a.com", "https://b.com/", "a.com"),
        (None, "https://b.com/path?q=https://a.com#z", "b.com"),
        (None, "https://b.com", "b.com"),
        (None, "https://b.com:8080?x", "b.com"),
        ("null", "https://b.com/", None),
        ("", "https://b.com/", None),
        (None, "https://user:password@b.com/", None),
        (None, "https://evil.org\\@b.com/", None),
        (None, "/relative", None),
        (None, "", None),
        (None, None, None),
    ],
)
def test_site_is_told_by_origin_else_by_referer(origin, referer, host):
    site = site_of(origin, referer)

    assert (site.host if site else None) == host


def test_port_is_compared_where_one_was_registered():
    origin = _origin("https://a.example.com:8443")

    assert Domain("example.com").covers(origin)
    assert Domain("example.com", 8443).covers(origin)
    assert not Domain("example.com", 443).covers(origin)


def _origin(text: str) -> Origin:
    origin = parse_origin(text)
    assert origin is not None
    return origin


def _idna(text: str) -> str | None:
    name = idna.encode(text, uts46=True, std3_rules=True).decode().removesuffix(".")
    return name if len(name) <= 253 else None


def _or_none(function, text):
    try:
        return function(text)
    except (MalformedDomains, idna.IDNAError):
        return None
