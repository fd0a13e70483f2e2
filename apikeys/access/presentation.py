"""What is wrong with how a credential was presented, said without a piece of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from apikeys.access import tokens
from apikeys.access.refusals import CREDENTIALS_MALFORMED, Refusal

_WANTED = "Send 'Authorization: Bearer <token>'"
BASIC_UNREADABLE = CREDENTIALS_MALFORMED.because(
    "The Basic credentials cannot be decoded: base64 of UTF-8 is wanted."
)
BASIC_NOT_A_KEY = CREDENTIALS_MALFORMED.because(
    "With Basic, send the key ID as user name and the secret as password, or the"
    " token as user name and no password."
)
# As clients write them; what is not listed is not repeated.
_KNOWN_SCHEMES = {
    "token": "Token",
    "apikey": "ApiKey",
    "api-key": "Api-Key",
    "digest": "Digest",
}
_QUOTES = "\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb"
_BRACES = "{}<>[]()"
# As text, and as UTF-8 read as Latin-1, which is how WSGI hands it over (PEP 3333).
_BYTE_ORDER_MARKS = ("\ufeff", "\u00ef\u00bb\u00bf")
# Only so much of a refused text is looked at.
_LOOKED_AT = 400


def wrong_scheme(scheme: str) -> Refusal:
    """Return the refusal of an `Authorization` of a scheme (in small letters) not ours."""
    if scheme.startswith(f"{tokens.KEY_PREFIX}_"):
        return CREDENTIALS_MALFORMED.because(
            f"The word Bearer is missing before the token. {_WANTED}."
        )
    found = _KNOWN_SCHEMES.get(scheme, "another scheme")
    return CREDENTIALS_MALFORMED.because(f"{_WANTED}; what came is {found}.")


def malformed(text: str) -> Refusal:
    """Return the refusal of a text that is no token, with a hint where one helps."""
    for is_so, hint in (
        (_has_byte_order_mark, "A byte-order mark stands before the token."),
        (_is_in(_QUOTES), "The token is in quotation marks; send it without."),
        (_is_in(_BRACES), "The token is in braces or brackets; send it without."),
        (_has_invisible, "There are invisible characters in or around the token."),
        (_has_space, "There is white space inside the token."),
    ):
        if is_so(text[:_LOOKED_AT]):
            return CREDENTIALS_MALFORMED.because(hint)
    return CREDENTIALS_MALFORMED


def _has_byte_order_mark(text: str) -> bool:
    return text.startswith(_BYTE_ORDER_MARKS)


def _is_in(signs: str) -> Callable[[str], bool]:
    def is_in(text: str) -> bool:
        return text[:1] in signs and bool(text)

    return is_in


def _has_invisible(text: str) -> bool:
    return any(
        unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")
        for character in text
        if character not in "\t\r\n"
    )


def _has_space(text: str) -> bool:
    return any(map(str.isspace, text))
