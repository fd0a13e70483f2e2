from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikeys.access.names import MalformedName, folded_name, normal_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Billing", "Billing"),
        ("  Billing 2 ", "Billing 2"),
        ("Ada\u00a0Lovelace", "Ada Lovelace"),
        ("山田\u3000太郎", "山田 太郎"),
        ("Żółć & Söhne <x> 'y'", "Żółć & Söhne <x> 'y'"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # noqa: RUF001
        ("Ops 👩\u200d💻 ❤\ufe0f", "Ops 👩\u200d💻 ❤\ufe0f"),
        ("x" * 20, "x" * 20),
    ],
)
def test_name_has_a_normal_form(text, expected):
    assert normal_name(text, 20 if text[0] == "x" else 100) == expected
    assert normal_name(expected, 100) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a\nb", id="line-end"),
        pytest.param("a\tb", id="tab"),
        pytest.param("a\0b", id="nul"),
        pytest.param("\x1b[31mred", id="escape"),
        pytest.param("a\x85b", id="next-line"),
        pytest.param("a\u2028b", id="line-separator"),
        pytest.param("a\u2029", id="paragraph-separator"),
        pytest.param("\u202eabc", id="right-to-left-override"),
        pytest.param("a\u2066b", id="isolate"),
        pytest.param("open\u200b", id="zero-width-space"),
        pytest.param("o\u200dpen", id="joiner-between-ascii"),
        pytest.param("日本\u200d", id="joiner-last"),
        pytest.param("\u200c日本", id="non-joiner-first"),
        pytest.param("\ufeffopen", id="byte-order-mark"),
        pytest.param("op\u00aden", id="soft-hyphen"),
        pytest.param("open\u3164", id="hangul-filler"),
        pytest.param("open\U000e0041", id="tag"),
        pytest.param("a\ud800b", id="half-a-character"),
        pytest.param("a\ufffd", id="no-text"),
        pytest.param("", id="empty"),
        pytest.param(" \u3000", id="blanks"),
        pytest.param("x" * 101, id="too-long"),
    ],
)
def test_text_that_is_no_name_is_refused(text):
    with pytest.raises(MalformedName):
        normal_name(text, 100)


@given(st.text(max_size=12))
def test_name_holds_no_control_format_or_separator_characters(text):
    try:
        name = normal_name(text, 100)
    except MalformedName:
        return

    allowed = {" ", "\u200c", "\u200d"}
    categories = {unicodedata.category(c) for c in name if c not in allowed}
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
    assert name == name.strip() != ""


@pytest.mark.parametrize(
    "other",
    [
        "OPEN",
        "ｏｐｅｎ",  # noqa: RUF001
        " open ",
        "open\u200b",
        "o\u200dpen",
        "open\ufe0f",
        "ᵒpen",
    ],
)
def test_names_that_read_as_the_same_are_the_same(other):
    assert folded_name(other) == folded_name("open")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"),
        ("K", "\u212a"),
        ("a b", "a  b"),
        ("a b", "A\u00a0B"),
        ("\u00fc", "u\u0308"),
        ("ﬁ", "FI"),
    ],
)
def test_names_of_two_spellings_are_the_same(one, other):
    assert folded_name(one) == folded_name(other)


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("a b", "ab"), ("u", "ü")])
def test_other_names_are_others(one, other):
    assert folded_name(one) != folded_name(other)


@given(st.text(max_size=8))
def test_folding_twice_changes_nothing(text):
    assert folded_name(folded_name(text)) == folded_name(text)
