"""The `Authorization` header (RFC 9110): Bearer, Basic, and what to say of the rest."""

from __future__ import annotations

import binascii

from apikeys.access import refusals
from apikeys.access.refusals import Refusal

# White space that HTTP allows around a value. Python's own has more, which a client
# cannot see and must be told of.
BLANK = " \t\r\n"

_because = refusals.CREDENTIALS_MALFORMED.because
_WANTED = "Send 'Authorization: Bearer <token>', or HTTP Basic."
_ANOTHER_SCHEME = _because(f"Authorization carries another scheme. {_WANTED}")
_OF_SCHEME = {
    name.lower(): _because(f"Authorization carries the scheme {name}. {_WANTED}")
    for name in ("Token", "ApiKey", "Api-Key", "Digest")
}
_NOT_BASE64 = _because(
    "What follows Basic is not Base64 of a user name, a colon and a password."
)
_NOT_UTF_8 = _because("What follows Basic is not UTF-8 once its Base64 is decoded.")
_NO_COLON = _because(
    "What follows Basic has no colon between user name and password once its Base64"
    " is decoded."
)
_BEARER_MISSING = _because(f"Bearer is missing before the token. {_WANTED}")
_BEARER_MISWRITTEN = _because(
    "Bearer is not written as it must be: the word alone, one space, then the token."
)
_NO_KEY_IN_BASIC = _because(
    "Basic carries no API key. Its user name must be the key's ID, with the secret as"
    " the password, or the whole token, with an empty password."
)
_TOKEN_PARTS = 3


def bearer(authorization: str | None) -> str | None:
    """Return what an `Authorization: Bearer` header carries, None for another scheme."""
    if authorization is None:
        return None
    text = authorization.strip(BLANK)
    if text[:6].lower() != "bearer":
        return None
    value = text[6:]
    # Some clients send a tab after the scheme.
    token = value.lstrip(BLANK)
    return None if value and token == value else token


def basic(authorization: str | None) -> tuple[str, str] | Refusal | None:
    """Return user name and password of HTTP Basic (RFC 7617), None for another scheme."""
    scheme, value = _scheme_and_value(authorization)
    if scheme.lower() != "basic":
        return None
    try:
        decoded = binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        return _NOT_BASE64
    try:
        user, colon, password = decoded.decode().partition(":")
    except UnicodeDecodeError:
        return _NOT_UTF_8
    return (user, password) if colon else _NO_COLON


def without_a_key(authorization: str | None) -> Refusal | None:
    """Return why an `Authorization` that holds no key is refused; None if it is blank."""
    scheme, value = _scheme_and_value(authorization)
    if not scheme:
        return None
    found = basic(authorization)
    if found is not None:
        return found if isinstance(found, Refusal) else _NO_KEY_IN_BASIC
    if "bearer" in scheme.lower():
        return _BEARER_MISWRITTEN
    if not value and len(scheme.split("_")) >= _TOKEN_PARTS:
        return _BEARER_MISSING
    return _OF_SCHEME.get(scheme.lower(), _ANOTHER_SCHEME)


def _scheme_and_value(authorization: str | None) -> tuple[str, str]:
    scheme, _, value = (
        (authorization or "").strip(BLANK).replace("\t", " ").partition(" ")
    )
    return scheme, value.lstrip()
