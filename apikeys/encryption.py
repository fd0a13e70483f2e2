"""Encryption of columns that must be readable again, under `FIELD_ENCRYPTION_KEYS`.

The first key encrypts; every key may decrypt (Fernet: AES-128-CBC with HMAC-SHA256).
"""

from __future__ import annotations

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotDecrypt(ValueError):
    """No configured key opens the text, or none is configured."""


def encrypt(text: str) -> str:
    """Return the text under the newest key. Raises `CannotDecrypt` without a key."""
    return _box().encrypt(text.encode()).decode("ascii")


def decrypt(encrypted: str) -> str:
    """Return the text. Raises `CannotDecrypt`."""
    try:
        return _box().decrypt(encrypted).decode()
    except InvalidToken:
        raise CannotDecrypt from None


def is_under_newest_key(encrypted: str) -> bool:
    """Tell whether the newest key alone opens the text."""
    try:
        Fernet(settings.FIELD_ENCRYPTION_KEYS[0]).decrypt(encrypted)
    except InvalidToken:
        return False
    return True


def _box() -> MultiFernet:
    if not settings.FIELD_ENCRYPTION_KEYS:
        raise CannotDecrypt
    return _box_of(tuple(settings.FIELD_ENCRYPTION_KEYS))


@cache
def _box_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
