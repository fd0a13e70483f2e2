from __future__ import annotations

import unicodedata

import pytest

from apikeys.access.entries import entries, without_comments, without_invisible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "a,b;c d\te\r\nf", ["a", "b", "c", "d", "e", "f"], id="separators"
        ),
        pytest.param(" , ;\n", [], id="separators-alone"),
        pytest.param("a # office\nb", ["a", "b"], id="comment"),
        pytest.param("# all\na,# one\n;#two\nb", ["a", "b"], id="comment-first"),
        pytest.param("a#b", ["a#b"], id="number-sign-in-a-word"),
        pytest.param("a\u200b, \ufeffb\u00a0c", ["a", "b", "c"], id="invisible"),
        pytest.param("a\u2028b\u3000c", ["a", "b", "c"], id="blanks-of-unicode"),
    ],
)
def test_list_is_cut_into_its_entries(text, expected):
    assert entries(text) == expected


def test_comment_ends_with_its_line():
    assert without_comments("/a # x\n/b#c\n#d\n/e") == "/a \n/b#c\n\n/e"


def test_every_format_character_is_known_as_invisible():
    seen = [
        hex(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) == "Cf" and without_invisible(chr(code))
    ]

    assert seen == []


def test_letters_signs_and_blanks_stay():
    text = "aü日 \u00a0\u0301@🙂"

    assert without_invisible(text) == text
