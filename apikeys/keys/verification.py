"""Which key a presented text belongs to, if its secret is one of that key's.

A secret is verified against its digest once for each time that its row is read; from
then on this process knows it again by its fingerprint (see `caching.fingerprints`).
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import NamedTuple

from apikeys.access import credentials, refusals, tokens
from apikeys.access.refusals import Refusal
from apikeys.access.rules import Grant
from apikeys.app_settings import app_settings
from apikeys.caching.fingerprints import fingerprint
from apikeys.caching.reader import StateUnknown
from apikeys.keys.cache import CachedKey, Secret, key_cache


class VerifiedKey(NamedTuple):
    """A key whose secret was verified, and which of its secrets it was."""

    grant: Grant
    secret: Secret
    secrets: tuple[Secret, ...]


# Compared with when there is no such key, so that there is one way through and one
# answer. No text has this digest. How long an answer takes still tells an ID that is
# known, since its row is remembered and an unknown one's is looked for: an ID is no
# secret, and opens nothing.
_OF_NO_KEY = CachedKey(Grant("", "", "", ()), (Secret(0, "0" * 64, 0, None, None, 0),))


def verify(text: str, at: datetime) -> VerifiedKey | Refusal:
    """Return the key whose live secret this text ends with, or why there is none.

    What has the form of a token gets one and the same refusal.
    """
    key_id = text[: tokens.KEY_ID_LENGTH]
    # The check of a token is tested before any look-up; where the key is remembered,
    # recognizing it costs less than that test.
    if key_id not in key_cache and (refusal := _refused_form(text)):
        return refusal
    try:
        key = key_cache.get(key_id) or _OF_NO_KEY
    except StateUnknown:
        return _refused_form(text) or refusals.STATE_UNKNOWN
    presented = fingerprint(text)
    secret = _known_again(key.secrets, presented, at)
    if secret is None:
        return _verified_anew(key, text, presented, at)
    return VerifiedKey(key.grant, secret, key.secrets)


def _refused_form(text: str) -> Refusal | None:
    token = credentials.read(text)
    return token if isinstance(token, Refusal) else None


def _verified_anew(
    key: CachedKey, text: str, presented: bytes, at: datetime
) -> VerifiedKey | Refusal:
    token = credentials.read(text)
    if isinstance(token, Refusal):
        return token
    secret = _matching(key.secrets, token, at)
    if secret is None:
        return refusals.CREDENTIALS_INVALID
    secret.fingerprint = presented
    return VerifiedKey(key.grant, secret, key.secrets)


def _known_again(
    secrets: tuple[Secret, ...], presented: bytes, at: datetime
) -> Secret | None:
    """Return the secret that was verified by this text since its row was read."""
    for secret in secrets:
        if hmac.compare_digest(presented, secret.fingerprint) and secret.is_live(at):
            return secret
    return None


def _matching(
    secrets: tuple[Secret, ...], token: tokens.Token, at: datetime
) -> Secret | None:
    """Compare with every secret in constant time."""
    peppers: dict[int, str] = app_settings.API_KEY_PEPPERS
    found: Secret | None = None
    for secret in secrets:
        pepper = peppers.get(secret.pepper)
        digest = tokens.digest(token, pepper or "none")
        is_same = hmac.compare_digest(digest, secret.digest)
        if is_same and pepper is not None and secret.is_live(at):
            found = secret
    return found
