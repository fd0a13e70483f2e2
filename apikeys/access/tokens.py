"""One string per credential: `<prefix>_<public id>_<secret><check>`.

The public id is 16 characters of Crockford's base32 (80 bits), the secret 32
characters of base62 (190 bits) from the operating system's generator, the check
CRC32 over everything before it as 6 characters of base62. The check finds a
truncated or mistyped token before any look-up, and lets secret scanners tell a
real token from a look-alike; it protects nothing.

Clients that need an ID and a key get the same string split at its last `_`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

KEY_PREFIX = "kd"
PLUGIN_TOKEN_PREFIX = "kp"  # noqa: S105 - a prefix

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID_LENGTH = 16
_SECRET_LENGTH = 32
_CHECK_LENGTH = 6
# No token is longer; the expression is never asked about a megabyte.
_MAX_LENGTH = 200
# A key's public id is as long as this, its prefix and the `_` included.
KEY_ID_LENGTH = len(KEY_PREFIX) + 1 + _ID_LENGTH
_PAIRS = tuple(high + low for high in _BASE62 for low in _BASE62)
_CROCKFORD_SET = frozenset(_CROCKFORD)
_FORM = re.compile(
    rf"(([a-z]+)_[{_CROCKFORD}]{{{_ID_LENGTH}}})"
    rf"_([{_BASE62}]{{{_SECRET_LENGTH + _CHECK_LENGTH}}})"
)
# A pepper is text of at least this many characters (256 bits as hex digits).
MIN_PEPPER_LENGTH = 32


class MalformedToken(ValueError):
    """The text has not the form of a token of the expected kind."""


class WrongCheck(MalformedToken):
    """The text has the form of a token, yet its check does not fit."""


class NoPepper(LookupError):
    """No pepper is configured, so no secret can be digested."""


@dataclass(frozen=True, slots=True)
class Token:
    """A credential in plain text. `str()` of it never shows the secret."""

    public_id: str
    secret: str

    @property
    def text(self) -> str:
        return f"{self.public_id}_{self.secret}"

    def __repr__(self) -> str:
        return f"<Token {self.public_id}>"

    __str__ = __repr__


def generate(prefix: str = KEY_PREFIX) -> Token:
    """Return a new token; `public_id` includes the prefix, `secret` the check."""
    return with_new_secret(f"{prefix}_{_random(_CROCKFORD, _ID_LENGTH)}")


def with_new_secret(public_id: str) -> Token:
    """Return a token with the given public id and a new secret, for a rotation."""
    secret = _random(_BASE62, _SECRET_LENGTH)
    return Token(public_id, secret + _check(f"{public_id}_{secret}"))


def parse(text: str, prefix: str = KEY_PREFIX) -> Token:
    """Split a presented token. Raises `MalformedToken` or `WrongCheck`."""
    found = _FORM.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if found is None:
        raise MalformedToken
    public_id, found_prefix, secret = found.groups()
    if found_prefix != prefix:
        raise MalformedToken
    if _check(text[:-_CHECK_LENGTH]) != text[-_CHECK_LENGTH:]:
        raise WrongCheck
    return Token(public_id, secret)


def is_public_id(text: str, prefix: str = KEY_PREFIX) -> bool:
    """Tell whether the text is a public id with the given prefix."""
    head, _, body = text.partition("_")
    return (
        head == prefix and len(body) == _ID_LENGTH and _CROCKFORD_SET.issuperset(body)
    )


def public_id_in(text: str, prefix: str = KEY_PREFIX) -> str:
    """Return the public id in a text of a token's form, whatever its check; else ""."""
    found = _FORM.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    return found[1] if found is not None and found[2] == prefix else ""


def digest(token: Token, pepper: str) -> str:
    """Return HMAC-SHA256 of the whole token under a pepper, as 64 hex digits.

    A random secret of 190 bits needs no slow hash (ASVS 6.5.2); the pepper makes
    a stolen database useless. The public id is part of the message, so that a
    digest copied to another row proves nothing there.
    """
    return hmac.digest(
        pepper.encode(), token.text.encode("ascii"), hashlib.sha256
    ).hex()


def signing_pepper(peppers: Mapping[int, str]) -> tuple[int, str]:
    """Return number and text of the newest pepper. Raises `NoPepper` without one."""
    if not peppers:
        raise NoPepper
    number = max(peppers)
    return number, peppers[number]


def _random(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _check(text: str) -> str:
    # Six digits, two at a time.
    high, low = divmod(zlib.crc32(text.encode("ascii")), len(_PAIRS))
    return _PAIRS[high // len(_PAIRS)] + _PAIRS[high % len(_PAIRS)] + _PAIRS[low]
