from __future__ import annotations

import posixpath
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikeys.access.paths import (
    MAX_PATH_LENGTH,
    as_sent,
    is_below,
    normal_path,
    normal_raw_path,
    without_host,
)

TRAPS = [
    pytest.param("//api/egress", id="double-slash-first"),
    pytest.param("/api//egress", id="double-slash"),
    pytest.param("/api/egress//", id="double-slash-last"),
    pytest.param("/api/./egress", id="dot-segment"),
    pytest.param("/api/.", id="dot-segment-last"),
    pytest.param("/api/../egress", id="parent-segment"),
    pytest.param("/api/..", id="parent-segment-last"),
    pytest.param("/..", id="parent-of-root"),
    pytest.param("/api\\egress", id="backslash"),
    pytest.param("/api/..;/egress", id="semicolon-after-dots"),
    pytest.param("/api/egress;x=1", id="semicolon"),
    pytest.param("/api/\0", id="nul"),
    pytest.param("/api/\n", id="newline"),
    pytest.param("/api/\r\nX: y", id="header-splitting"),
    pytest.param("/api/\t", id="tab"),
    pytest.param("/api/\x7f", id="delete"),
    pytest.param("/api/\x85", id="next-line"),
    pytest.param("/a/...", id="three-dots"),
    pytest.param("/a/..../b", id="four-dots"),
    pytest.param("/a/ ../b", id="blank-before-dots"),
    pytest.param("/a/.. /b", id="blank-after-dots"),
    pytest.param("/a/. ./b", id="blank-between-dots"),
    pytest.param("/a/+../b", id="plus-before-dots"),
    pytest.param("/a/..+", id="plus-after-dots"),
    pytest.param("/a /b", id="blank-ends-a-segment"),
    pytest.param("/a/ b", id="blank-begins-a-segment"),
    pytest.param("/a ", id="blank-ends-the-path"),
    pytest.param("/a/ ", id="blank-alone"),
    pytest.param("/a\u00a0/b", id="no-break-space-ends-a-segment"),
    pytest.param("/a\u3000", id="ideographic-space-last"),
    pytest.param("/\ufeffa", id="byte-order-mark-first"),
    pytest.param("/a#b", id="number-sign"),
    pytest.param("/a\uff0fb", id="fullwidth-slash"),
    pytest.param("/a/\uff0e\uff0e/b", id="fullwidth-dots"),
    pytest.param("/a/\u2025/b", id="two-dot-leader"),
    pytest.param("/a\uff3cb", id="fullwidth-backslash"),
    pytest.param("/a\u2044b", id="fraction-slash"),
    pytest.param("/a\u037eb", id="greek-question-mark"),
    pytest.param("", id="empty"),
    pytest.param("api/egress", id="no-slash-first"),
    pytest.param("*", id="star"),
    pytest.param("http://host/api", id="absolute-form"),
    pytest.param("/" + "a" * MAX_PATH_LENGTH, id="too-long"),
]


@pytest.mark.parametrize("path", TRAPS)
def test_path_with_a_trap_is_malformed(path):
    assert normal_path(path) is None


def test_question_mark_left_in_a_decoded_path_is_malformed():
    assert normal_path("/a?/b") is None


@pytest.mark.parametrize("code", [*range(0x20), *range(0x7F, 0xA0)])
def test_control_character_anywhere_is_malformed(code):
    assert normal_path(f"/api/{chr(code)}egress") is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/", "/", id="root"),
        pytest.param("/a\u00a0b\u200bc", "/a\u00a0b\u200bc", id="unprintable-text"),
        pytest.param("/api/whoami", "/api/whoami", id="as-it-is"),
        pytest.param("/api/whoami/", "/api/whoami", id="trailing-slash"),
        pytest.param("/API/Whoami", "/API/Whoami", id="case-stays"),
        pytest.param("/a/.hidden/..b/c..", "/a/.hidden/..b/c..", id="dots-in-names"),
        pytest.param("/é/100%", "/é/100%", id="decoded-text"),
        pytest.param("/a b/c+d/c++", "/a b/c+d/c++", id="blank-and-plus-inside"),
        pytest.param("/+1/x", "/+1/x", id="plus-first"),
        pytest.param("/" + "a" * 4_095, "/" + "a" * 4_095, id="longest"),
    ],
)
def test_path_has_a_normal_form(path, expected):
    assert normal_path(path) == expected


@pytest.mark.parametrize(
    "target",
    [
        *TRAPS,
        pytest.param("/api%2Fegress", id="encoded-slash"),
        pytest.param("/api%2fegress", id="encoded-slash-small"),
        pytest.param("/api/%2e%2e/egress", id="encoded-dots"),
        pytest.param("/api/%2E./egress", id="half-encoded-dots"),
        pytest.param("/api/a%2eb", id="encoded-dot-in-a-name"),
        pytest.param("/api%5Cegress", id="encoded-backslash"),
        pytest.param("/api%3Bx", id="encoded-semicolon"),
        pytest.param("/api/%00", id="encoded-nul"),
        pytest.param("/api/%0d%0aX: y", id="encoded-header-splitting"),
        pytest.param("/api/%7f", id="encoded-delete"),
        pytest.param("/api/%252e%252e", id="encoded-twice"),
        pytest.param("/api/%25", id="encoded-percent"),
        pytest.param("/api/%zz", id="percent-without-digits"),
        pytest.param("/api/%", id="percent-alone"),
        pytest.param("/api/%2", id="percent-with-one-digit"),
        pytest.param("/api/secret%3f/report", id="encoded-question-mark"),
        pytest.param("/api/secret%3F", id="encoded-question-mark-last"),
        pytest.param("/api/secret%23x", id="encoded-number-sign"),
        pytest.param("/api/public/%20../secret", id="encoded-blank-before-dots"),
        pytest.param("/api/public/..%20/secret", id="encoded-blank-after-dots"),
        pytest.param("/api/public/..%c2%a0/secret", id="encoded-no-break-space"),
        pytest.param("/api/secret%20", id="encoded-blank-last"),
        pytest.param("/api/%09../secret", id="encoded-tab"),
        pytest.param("/api/public/+../secret", id="plus-that-stands-for-a-blank"),
        pytest.param("/api/public/%ef%bc%8e%ef%bc%8e/secret", id="fullwidth-dots"),
        pytest.param("/api%ef%bc%8fsecret", id="fullwidth-slash-encoded"),
        pytest.param("/api%ef%bc%bcsecret", id="fullwidth-backslash-encoded"),
        pytest.param("/api/%e2%84%80/x", id="account-of"),
        pytest.param("/api/%ff", id="not-utf-8"),
        pytest.param("/api/%c0%af", id="overlong-slash"),
        pytest.param("/api/%c0%ae%c0%ae/", id="overlong-dots"),
        pytest.param("/api/%ed%a0%80", id="encoded-surrogate"),
        pytest.param("/api/é", id="raw-bytes"),
        pytest.param("/api#/egress", id="fragment"),
        pytest.param("?/api/egress", id="query-alone"),
        pytest.param("/" + "%61" * (MAX_PATH_LENGTH + 1), id="too-long-encoded"),
    ],
)
def test_raw_path_with_a_trap_is_malformed(target):
    assert normal_raw_path(target) is None


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param("/", "/", id="root"),
        pytest.param("/api/whoami", "/api/whoami", id="as-it-is"),
        pytest.param("/api/whoami/?a=1", "/api/whoami", id="slash-and-query"),
        pytest.param("/api/whoami?x=/../%2f%zz#", "/api/whoami", id="traps-in-query"),
        pytest.param("/api/%77hoami", "/api/whoami", id="encoded-letter"),
        pytest.param("/api/a%20b", "/api/a b", id="encoded-space"),
        pytest.param("/api/%C3%A9", "/api/é", id="utf-8"),
        pytest.param("/a+b/~c/$d", "/a+b/~c/$d", id="allowed-characters"),
    ],
)
def test_raw_path_has_a_normal_form(target, expected):
    assert normal_raw_path(target) == expected


@given(
    st.text(
        st.sampled_from("/.%25eE2fF;\\?#a\x00é +03\u3000\uff0e\uff0f\u2025"),
        max_size=12,
    ).map("/{}".format)
)
def test_normal_raw_path_leaves_no_trap(target):
    path = normal_raw_path(target)
    if path is None:
        return

    assert normal_path(path) == path
    assert not re.search(r"//|[%;\\\x00]|/\.\.?(/|$)", path)


@given(
    st.text(
        st.sampled_from("ab/.%;\\?#+ \t\x85\xa0\u2003\u3000\ufeff\uff0e\uff0f\u2025é"),
        max_size=12,
    ).map("/{}".format)
)
def test_normal_path_is_the_same_to_readers_that_cut_trim_or_fold(decoded):
    path = normal_path(decoded)
    if path is None:
        return

    readings = [
        path.replace("+", " "),
        unicodedata.normalize("NFKC", path),
        re.split(r"[;?#\0]", path)[0],
        "/".join(part.strip() for part in path.split("/")),
    ]
    for reading in readings:
        assert posixpath.normpath(reading).count("/") == path.count("/")
        assert len(reading) >= len(path)


def test_characters_that_fold_to_a_sign_of_paths_are_all_known():
    folding = {
        character
        for character in map(chr, (*range(0x80, 0xD800), *range(0xE000, 0x110000)))
        if set(unicodedata.normalize("NFKC", character)) & set("/.\\;?#%")
    }

    assert [c for c in folding if normal_path(f"/a{c}b") is not None] == []


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        pytest.param("/api/egress/Müller", "/api/egress/M%C3%BCller", id="umlaut"),
        pytest.param("/api/日本", "/api/%E6%97%A5%E6%9C%AC", id="japanese"),
        pytest.param("/a b", "/a%20b", id="blank"),
        pytest.param(" /a ", "/a", id="blanks-around"),
        pytest.param('/{a}<b>"c"`', "/%7Ba%7D%3Cb%3E%22c%22%60", id="signs"),
        pytest.param("/a%2fb%C3%BC", "/a%2fb%C3%BC", id="encoded-stays"),
        pytest.param("/a%", "/a%", id="percent-alone-stays"),
        pytest.param("/x?q=ü#top", "/x?q=%C3%BC", id="fragment-is-not-sent"),
        pytest.param("https://crm.example/ü?a=/../", "/%C3%BC?a=/../", id="url"),
        pytest.param("/a+b/~c/$d!'(),:@&=|[]", "/a+b/~c/$d!'(),:@&=|[]", id="stay"),
        pytest.param("/\ud800", "/%ED%A0%80", id="half-a-character"),
        pytest.param("", "", id="empty"),
    ],
)
def test_typed_path_is_judged_as_a_browser_sends_it(typed, sent):
    assert as_sent(typed) == sent


@given(st.text())
def test_any_text_is_a_path_or_malformed(text):
    for parse in (normal_path, normal_raw_path):
        path = parse(text)
        assert path is None or path.startswith("/")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("https://crm.example/api?x=1", "/api?x=1", id="url"),
        pytest.param("https://crm.example?x=1", "?x=1", id="url-without-path"),
        pytest.param("/api?next=https://a/b", "/api?next=https://a/b", id="path"),
        pytest.param("1http://a/b", "1http://a/b", id="no-scheme"),
    ],
)
def test_pasted_url_loses_its_host(text, expected):
    assert without_host(text) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/api/v2", True, id="itself"),
        pytest.param("/api/v2/leads", True, id="below"),
        pytest.param("/api/v20", False, id="longer-segment"),
        pytest.param("/api", False, id="above"),
        pytest.param("/x/api/v2", False, id="elsewhere"),
    ],
)
def test_path_is_below_a_prefix(path, expected):
    assert is_below(path, "/api/v2") is expected
