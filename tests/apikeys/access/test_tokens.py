from __future__ import annotations

import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikeys.access import tokens
from apikeys.access.tokens import MalformedToken, NoPepper, Token, WrongCheck

# Split, so that secret scanners stay quiet.
PUBLIC_ID = "kd" + "_0123456789ABCDEF"
SECRET = "ABCDEFGHIJKLMNOP" + "QRSTUVWXYZabcdef"
CHECK = "1oioRI"
TOKEN = f"{PUBLIC_ID}_{SECRET}{CHECK}"
PEPPER = "pepper-of-tests-" * 4


def test_generated_token_has_the_documented_form():
    token = tokens.generate()

    assert re.fullmatch(r"kd_[0-9A-HJKMNP-TV-Z]{16}_[0-9A-Za-z]{38}", token.text)
    assert tokens.parse(token.text) == token


def test_generated_tokens_differ_in_both_halves():
    made = [tokens.generate() for _ in range(200)]

    assert len({token.public_id for token in made}) == 200
    assert len({token.secret for token in made}) == 200


def test_other_prefix_is_another_kind_of_token():
    token = tokens.generate("kp")

    assert tokens.parse(token.text, "kp") == token
    with pytest.raises(MalformedToken) as caught:
        tokens.parse(token.text)
    assert type(caught.value) is MalformedToken


def test_new_secret_keeps_the_public_id():
    token = tokens.with_new_secret(PUBLIC_ID)

    assert token.public_id == PUBLIC_ID
    assert tokens.parse(token.text) == token
    assert token != tokens.with_new_secret(PUBLIC_ID)


def test_known_token_is_split_at_its_last_underscore():
    assert tokens.parse(TOKEN) == Token(PUBLIC_ID, SECRET + CHECK)


def test_digest_is_hmac_sha256_of_the_whole_token():
    token = tokens.parse(TOKEN)

    expected = hmac.new(PEPPER.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
    assert tokens.digest(token, PEPPER) == expected
    assert expected == (
        "f7ae1101135592f692368b8fb880c19b4556ed64fbbdf7546ea198e31928eda5"
    )


def test_digest_depends_on_pepper_and_public_id():
    token = tokens.parse(TOKEN)
    other_row = Token("kd_FEDCBA9876543210", token.secret)

    digests = {
        tokens.digest(token, PEPPER),
        tokens.digest(token, PEPPER[:-1]),
        tokens.digest(other_row, PEPPER),
    }

    assert len(digests) == 3


@pytest.mark.parametrize("length", range(len(TOKEN)))
def test_truncated_token_is_refused(length):
    with pytest.raises(MalformedToken):
        tokens.parse(TOKEN[:length])


def test_every_change_of_one_character_is_refused():
    accepted = [
        changed
        for position in range(len(TOKEN))
        for character in "_0Z9aOé \n\x00"
        if (changed := TOKEN[:position] + character + TOKEN[position + 1 :]) != TOKEN
        and _is_accepted(changed)
    ]

    assert accepted == []


@pytest.mark.parametrize("first", range(len(SECRET) - 1))
def test_two_neighbours_of_the_secret_swapped_are_a_wrong_check(first):
    body = SECRET[:first] + SECRET[first + 1] + SECRET[first] + SECRET[first + 2 :]

    with pytest.raises(WrongCheck):
        tokens.parse(f"{PUBLIC_ID}_{body}{CHECK}")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("_", id="underscore"),
        pytest.param(PUBLIC_ID, id="public-id-alone"),
        pytest.param(f"{PUBLIC_ID}_", id="no-secret"),
        pytest.param(SECRET + CHECK, id="secret-alone"),
        pytest.param(f"kp_{TOKEN[3:]}", id="prefix-of-a-plugin-token"),
        pytest.param(f"KD_{TOKEN[3:]}", id="prefix-in-capitals"),
        pytest.param(TOKEN.replace("ABCDEF", "abcdef", 1), id="public-id-in-small"),
        pytest.param(TOKEN.replace("0123", "O123", 1), id="letter-o-in-public-id"),
        pytest.param(f" {TOKEN}", id="leading-space"),
        pytest.param(f"{TOKEN}\n", id="trailing-newline"),
        pytest.param(f"{TOKEN}0", id="one-too-long"),
        pytest.param(f"{TOKEN}_{TOKEN}", id="twice"),
        pytest.param(TOKEN.replace("A", "\uff21"), id="full-width-letters"),
        pytest.param("\u0660" * 60, id="arabic-digits"),
        pytest.param("\ud800" * 60, id="lone-surrogates"),
        pytest.param("a" * 1_000_000, id="one-megabyte"),
    ],
)
def test_text_without_the_form_of_a_token_is_malformed(text):
    with pytest.raises(MalformedToken) as caught:
        tokens.parse(text)

    assert type(caught.value) is MalformedToken


def test_stored_digest_is_no_token():
    digest = tokens.digest(tokens.parse(TOKEN), PEPPER)

    assert not _is_accepted(digest)
    assert not _is_accepted(f"{PUBLIC_ID}_{digest}")
    assert not _is_accepted(f"{PUBLIC_ID}_{digest[:38]}")


@given(st.text())
def test_any_text_is_parsed_or_malformed(text):
    assert not _is_accepted(text)


@pytest.mark.parametrize("show", [str, repr, "{}".format, "%s".__mod__, "{!r}".format])
def test_token_never_shows_its_secret(show):
    assert show(tokens.parse(TOKEN)) == f"<Token {PUBLIC_ID}>"


@pytest.mark.parametrize("show", [str, repr])
def test_malformed_token_is_not_quoted_in_the_error(show):
    with pytest.raises(WrongCheck) as caught:
        tokens.parse(TOKEN[:-1] + "0")

    assert SECRET not in show(caught.value)


def test_newest_pepper_signs():
    assert tokens.signing_pepper({1: "old", 10: "newest", 2: "new"}) == (10, "newest")


def test_signing_without_a_pepper_is_refused():
    with pytest.raises(NoPepper):
        tokens.signing_pepper({})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(PUBLIC_ID, True, id="public-id"),
        pytest.param(PUBLIC_ID[:-1], False, id="short"),
        pytest.param(f"{PUBLIC_ID}0", False, id="long"),
        pytest.param(TOKEN, False, id="token"),
        pytest.param(PUBLIC_ID.replace("kd", "kp"), False, id="other-prefix"),
        pytest.param(PUBLIC_ID.replace("0", "U"), False, id="letter-u"),
        pytest.param("", False, id="empty"),
    ],
)
def test_public_id_is_recognised(text, expected):
    assert tokens.is_public_id(text) is expected


def _is_accepted(text: str) -> bool:
    try:
        tokens.parse(text)
    except MalformedToken:
        return False
    return True
