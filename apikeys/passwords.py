"""Argon2 for passwords, of which a process calculates only a few at once.

A hash costs 100 MB of memory and a tenth of a second of a core on purpose. Strangers may ask for
one (a sign-in), so a flood of them must not take all cores from everybody else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import Argon2PasswordHasher

from apikeys.app_settings import app_settings


class TooManyHashes(Exception):
    """As many passwords as may be are checked at this moment. Try again shortly."""

    def __init__(self) -> None:
        super().__init__("The server is checking other passwords. Try again shortly.")


_lock = threading.Lock()
_running = 0


@contextmanager
def hashing() -> Iterator[None]:
    """Hold one of the places for a hash. Raises `TooManyHashes` if none is free."""
    _begin()
    try:
        yield
    finally:
        _end()


def _begin() -> None:
    global _running  # noqa: PLW0603 - one number for the process
    with _lock:
        if _running >= app_settings.PASSWORD_HASHES_AT_ONCE:
            raise TooManyHashes
        _running += 1


def _end() -> None:
    global _running  # noqa: PLW0603 - as above
    with _lock:
        _running -= 1


class BoundedArgon2PasswordHasher(Argon2PasswordHasher):
    """Django's, on one core at a time and bounded by `PASSWORD_HASHES_AT_ONCE`.

    Hashes made with more lanes verify as before and are made anew at a sign-in.
    """

    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with hashing():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with hashing():
            return super().verify(password, encoded)
