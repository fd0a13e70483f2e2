from __future__ import annotations

import posixpath
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikeys.access.paths import (
    MAX_PATH_LENGTH,
    MAX_PATTERN_LENGTH,
    MalformedPattern,
    as_sent,
    compile_pattern,
    is_below,
    is_open_pattern,
    normal_path,
    normal_pattern,
    normal_raw_path,
    without_host,
)


# The first rows are the examples of TLDCRM's own help page.
@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        pytest.param(
            "/api/egress/leads",
            ["/api/egress/leads"],
            [
                "/api/egress/leads/docs",
                "/api/egress/leads2",
                "/api/egress/lead",
                "/x/api/egress/leads",
                "/API/egress/leads",
            ],
            id="one-endpoint",
        ),
        pytest.param(
            "/api/egress/*",
            ["/api/egress/leads", "/api/egress/leads/docs", "/api/egress"],
            ["/api/ingress/leads", "/api/egress2", "/api/egress2/leads", "/api"],
            id="all-egress",
        ),
        pytest.param(
            "/api/egress/*/docs*",
            [
                "/api/egress/leads/docs",
                "/api/egress/leads/docs/columns",
                "/api/egress/tldialer/call_log/docs",
            ],
            ["/api/egress/leads", "/api/egress/docs", "/api/egress/leads/doc"],
            id="documentation",
        ),
        pytest.param(
            "/api/egress/tldialer/*",
            ["/api/egress/tldialer/call_log", "/api/egress/tldialer"],
            ["/api/egress/leads", "/api/egress/tldialers"],
            id="tldialer",
        ),
        pytest.param(
            "/api/ingress/documents/upload*",
            [
                "/api/ingress/documents/upload",
                "/api/ingress/documents/upload/lead",
                "/api/ingress/documents/uploads",
            ],
            ["/api/ingress/documents"],
            id="trailing-star",
        ),
        pytest.param("*", ["/", "/api/egress/leads"], [], id="star-alone"),
        pytest.param("/*", ["/", "/a/b"], [], id="slash-and-star"),
        pytest.param("*/docs", ["/docs", "/a/b/docs"], ["/docs/a"], id="leading-star"),
        pytest.param("/a*b*c", ["/abc", "/axbxc", "/abbcc"], ["/acb", "/ab"], id="two"),
        pytest.param("/ab*ba", ["/abba", "/abxba"], ["/aba"], id="no-overlap"),
        pytest.param("/a*a*a", ["/aaa", "/axaya"], ["/aa"], id="no-overlap-in-middle"),
        pytest.param("/a.c", ["/a.c"], ["/abc"], id="dot-is-a-dot"),
        pytest.param("/[ab]?+", ["/[ab]?+"], ["/a", "/b"], id="no-other-wildcards"),
        pytest.param("/é*", ["/é", "/éa"], ["/e"], id="not-ascii"),
        pytest.param("/", ["/"], ["/a"], id="root"),
    ],
)
def test_pattern_matches(pattern, matching, others):
    matches = compile_pattern(pattern).matches_path

    assert [path for path in matching + others if matches(path)] == matching


@given(
    st.text("ab/.*", max_size=12).map("/{}".format),
    st.text("ab/.", max_size=20).map("/{}".format),
)
def test_matcher_is_the_regular_expression_of_the_pattern(pattern, path):
    expression = ".*".join(map(re.escape, pattern.split("*")))
    with_slash = "*" in pattern and re.fullmatch(expression, f"{path}/")
    expected = bool(re.fullmatch(expression, path) or with_slash)

    assert compile_pattern(pattern).matches_path(path) is expected


def test_pattern_of_many_stars_is_matched_at_once():
    pattern = compile_pattern("/" + "a*" * 240 + "b")

    assert pattern.matches("GET", "/" + "a" * 4_000) is False


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
        pytest.param("/api/egress/*", "/api/egress/*", id="as-it-is"),
        pytest.param(" /api/egress \n", "/api/egress", id="spaces"),
        pytest.param("/api/egress/", "/api/egress", id="trailing-slash"),
        pytest.param("https://crm.example/api/a?b=1#c", "/api/a", id="pasted-url"),
        pytest.param("HTTP://u:p@crm:8000/api/*", "/api/*", id="host-with-port"),
        pytest.param("https://crm.example/", "/", id="pasted-root"),
        pytest.param("/api?limit=5", "/api", id="query"),
        pytest.param("/api#top", "/api", id="fragment"),
        pytest.param("/api/**/docs***", "/api/*/docs*", id="repeated-stars"),
        pytest.param("*", "*", id="star-alone"),
        pytest.param("/é", "/é", id="not-ascii"),
        pytest.param("/" + "a" * 499, "/" + "a" * 499, id="longest"),
        pytest.param("GET /api/egress/*", "GET /api/egress/*", id="method"),
        pytest.param("POST,GET /x", "POST,GET /x", id="methods-in-the-order-typed"),
        pytest.param("get,Post /x", "GET,POST /x", id="methods-in-capitals"),
        pytest.param(" GET , POST\t /x ", "GET,POST /x", id="spaces-around-methods"),
        pytest.param("GET POST /x", "GET,POST /x", id="methods-without-comma"),
        pytest.param("GET,POST,get /x", "GET,POST /x", id="method-twice"),
        pytest.param("HEAD /x", "GET /x", id="head-is-get"),
        pytest.param("POST,HEAD,GET /x", "POST,GET /x", id="head-beside-get"),
        pytest.param("GET *", "GET *", id="method-and-star"),
        pytest.param("get https://crm.example/a/?b#c", "GET /a", id="method-and-url"),
        pytest.param("A" * 20 + " /x", "A" * 20 + " /x", id="longest-method"),
        pytest.param("GET /" + "a" * 495, "GET /" + "a" * 495, id="longest-of-all"),
    ],
)
def test_pattern_has_a_stored_form(text, expected):
    assert normal_pattern(text) == expected
    assert normal_pattern(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("api/egress", id="no-slash-first"),
        pytest.param("https://crm.example", id="host-alone"),
        pytest.param("crm.example/api", id="host-without-scheme"),
        pytest.param("//crm.example/api", id="host-after-slashes"),
        pytest.param("?a=1", id="query-alone"),
        pytest.param("/api//x", id="double-slash"),
        pytest.param("/api/../x", id="parent-segment"),
        pytest.param("/api/.", id="dot-segment"),
        pytest.param("/api\\x", id="backslash"),
        pytest.param("/api;x", id="semicolon"),
        pytest.param("/api x", id="space"),
        pytest.param("/api\u00a0x", id="no-break-space"),
        pytest.param("/api\0", id="nul"),
        pytest.param("/api/%2e", id="percent"),
        pytest.param("/" + "a" * MAX_PATTERN_LENGTH, id="too-long"),
        pytest.param("GET", id="method-alone"),
        pytest.param("GET,POST", id="methods-alone"),
        pytest.param("GET leads", id="method-and-no-path"),
        pytest.param("/x GET", id="method-last"),
        pytest.param("GET/x", id="method-without-a-space"),
        pytest.param("GET: /x", id="method-with-colon"),
        pytest.param("GET /a /b", id="two-paths"),
        pytest.param("GET /" + "a" * 496, id="too-long-with-its-method"),
    ],
)
def test_text_that_could_never_match_is_no_pattern(text):
    with pytest.raises(MalformedPattern) as caught:
        normal_pattern(text)

    assert str(caught.value).startswith("A pattern ")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("G3T /x", id="digit"),
        pytest.param("GET,PO-ST /x", id="hyphen"),
        pytest.param("GÉT /x", id="not-ascii"),
        pytest.param("GET\0 /x", id="nul"),
        pytest.param("A" * 21 + " /x", id="too-long"),
        pytest.param("?a GET /x", id="sign"),
    ],
)
def test_odd_method_is_named_as_what_is_wrong(text):
    with pytest.raises(MalformedPattern, match="A method has only letters, at most 20"):
        normal_pattern(text)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        pytest.param("/api/leads/{id}", "/api/leads/*", id="braces"),
        pytest.param("/api/leads/${id}/x", "/api/leads/*/x", id="dollar-and-braces"),
        pytest.param("/api/leads/{{lead.id}}", "/api/leads/*", id="double-braces"),
        pytest.param("/api/leads/#{id}", "/api/leads/*", id="ruby"),
        pytest.param("/api/leads/[0-9]+", "/api/leads/*", id="class"),
        pytest.param("/api/leads/([^/]+)/x", "/api/leads/*/x", id="class-with-slash"),
        pytest.param("/api/leads/<int:id>", "/api/leads/*", id="converter"),
        pytest.param("/api/leads/:id", "/api/leads/*", id="colon"),
        pytest.param("/api/leads/:id?x=1", "/api/leads/*", id="optional-colon"),
        pytest.param("/api/:kind/:id.json", "/api/*/*.json", id="two-colons"),
        pytest.param("/api/leads/.*", "/api/leads/*", id="any-character"),
        pytest.param("/api/leads/(.+)", "/api/leads/*", id="group"),
        pytest.param(r"^/api/leads/(?P<id>\d+)$", "/api/leads/*", id="django"),
        pytest.param(r"/api/leads/\w{2}", "/api/leads/*", id="backslash"),
        pytest.param("/api/leads/...", "/api/leads/*", id="three-dots"),
        pytest.param("/api/leads/…", "/api/leads/*", id="ellipsis"),
        pytest.param("/api/leads/%s", "/api/leads/*", id="printf"),
        pytest.param("get /api/leads/{id}", "GET /api/leads/*", id="with-a-method"),
        pytest.param("https://crm.example/a/{id}", "/a/*", id="pasted-url"),
        pytest.param("/api/le\u200bads", "/api/leads", id="zero-width-space"),
        pytest.param("\ufeff/api/leads", "/api/leads", id="byte-order-mark"),
        pytest.param("/api/leads\u00ad/*", "/api/leads/*", id="soft-hyphen"),
        pytest.param("/api/\u3164leads", "/api/leads", id="hangul-filler"),
        pytest.param("/{id}", "", id="nobody-is-led-to-open-everything"),
        pytest.param("/a//{id}", "", id="no-pattern-without-placeholders-either"),
    ],
)
def test_placeholder_is_refused_with_the_pattern_that_was_meant(text, suggestion):
    with pytest.raises(MalformedPattern, match=r"^A pattern has ") as caught:
        normal_pattern(text)

    assert caught.value.suggestion == suggestion
    assert not suggestion or normal_pattern(suggestion) == suggestion


@pytest.mark.parametrize(
    "text", ["/a/*.*", "/Orders(5)/$count", "/v1/x:batch", "/a+b", "/~me/@you/!"]
)
def test_signs_that_paths_may_have_are_no_placeholders(text):
    assert normal_pattern(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[("*", True), ("/*", True), ("/*/*", True), ("*/", True)],
        *[("/", False), ("GET *", False), ("/a/*", False), ("*/a", False)],
    ],
)
def test_pattern_that_leaves_all_open_is_found(text, expected):
    assert is_open_pattern(text) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param("/api/v2", True, id="itself"),
        pytest.param("/api/v2/leads", True, id="below"),
        pytest.param("GET /api/v2/*", True, id="prefix-with-method"),
        pytest.param("/api/*", True, id="shorter-prefix"),
        pytest.param("*", True, id="star"),
        pytest.param("*/leads", True, id="star-first"),
        pytest.param("/api/v*/leads", True, id="star-inside-the-prefix"),
        pytest.param("/api/v2*", True, id="star-at-the-end-of-the-prefix"),
        pytest.param("/api/v20*", False, id="longer-segment"),
        pytest.param("/api", False, id="above"),
        pytest.param("/foo", False, id="elsewhere"),
        pytest.param("/foo/*/api/v2", False, id="elsewhere-first"),
    ],
)
def test_pattern_reaches_the_paths_below_a_prefix(pattern, expected):
    assert compile_pattern(pattern).reaches("/api/v2") is expected


@given(st.text("ab/*", max_size=8).map("/{}".format), st.text("ab/", max_size=8))
def test_pattern_that_matches_a_path_below_a_prefix_reaches_it(pattern, rest):
    path = normal_path(f"/a/b/{rest}") or "/a/b"

    if compile_pattern(pattern).matches_path(path):
        assert compile_pattern(pattern).reaches("/a/b")


@pytest.mark.parametrize(
    ("pattern", "method", "path", "expected"),
    [
        pytest.param("/x", "DELETE", "/x", True, id="without-methods-any"),
        pytest.param("GET /x", "GET", "/x", True, id="the-method"),
        pytest.param("GET /x", "POST", "/x", False, id="other-method"),
        pytest.param("GET /x", "GET", "/y", False, id="other-path"),
        pytest.param("GET /x", "get", "/x", True, id="small-letters"),
        pytest.param("GET /x", "HEAD", "/x", True, id="head-is-judged-as-get"),
        pytest.param("GET /x", "head", "/x", True, id="small-head"),
        pytest.param("GET /x", "OPTIONS", "/x", False, id="options-is-not-get"),
        pytest.param("GET /x", "GE", "/x", False, id="shorter-method"),
        pytest.param("GET /x", "GETS", "/x", False, id="longer-method"),
        pytest.param("GET /x", "", "/x", False, id="no-method"),
        pytest.param("GET,POST /x", "GET,POST", "/x", False, id="comma-in-method"),
        pytest.param("POST /x", "HEAD", "/x", False, id="head-where-get-is-not"),
        pytest.param("GET,POST /x", "POST", "/x", True, id="second-method"),
        pytest.param("GET,POST /x", "PATCH", "/x", False, id="none-of-two"),
        pytest.param("GET /x/*", "GET", "/x", True, id="prefix"),
        pytest.param("GET /x/*", "PUT", "/x/y", False, id="prefix-other-method"),
        pytest.param("GET /a*b", "GET", "/axb", True, id="star-in-the-middle"),
        pytest.param("GET *", "GET", "/", True, id="star-alone"),
        pytest.param("GET *", "POST", "/", False, id="star-alone-other-method"),
    ],
)
def test_pattern_with_methods_matches(pattern, method, path, expected):
    assert compile_pattern(pattern).matches(method, path) is expected


@given(
    st.lists(st.sampled_from(["GET", "head", "Post", "DELETE"]), max_size=4),
    st.text("ab/*", max_size=6).map("/{}".format),
    st.sampled_from(["GET", "HEAD", "post", "DELETE", "OPTIONS"]),
    st.text("ab/", max_size=6).map("/{}".format),
)
def test_methods_only_take_away_from_what_the_path_matches(
    methods, pattern_path, method, path
):
    try:
        text = normal_pattern(f"{','.join(methods)} {pattern_path}")
    except MalformedPattern:
        return
    pattern = compile_pattern(text)
    alone = compile_pattern(normal_pattern(pattern_path))
    fold = {"HEAD": "GET"}
    allowed = {fold.get(name.upper(), name.upper()) for name in methods}
    judged = fold.get(method.upper(), method.upper())

    assert pattern.matches_path(path) is alone.matches("ANY", path)
    assert pattern.matches(method, path) is (
        alone.matches_path(path) and (not methods or judged in allowed)
    )


@given(st.text() | st.text("/*.a;%?# ,GET", max_size=12))
def test_any_text_is_a_pattern_or_malformed(text):
    try:
        pattern = normal_pattern(text)
    except MalformedPattern:
        return

    assert normal_pattern(pattern) == pattern
    assert "**" not in pattern
    assert compile_pattern(pattern).text == pattern


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
