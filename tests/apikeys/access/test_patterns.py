from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikeys.access.paths import (
    MAX_PATTERN_LENGTH,
    MalformedPattern,
    compile_pattern,
    is_open_pattern,
    normal_path,
    normal_pattern,
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
