"""Where a credential may stand in a request; the DRF classes and the gate both ask here.

A wire family has one finder, made of the pieces here, in `authorization` and in
`parameters`. Each place gives texts of credentials or refusals of what stands there,
none where it is empty; `only_one` decides between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apikeys.access import authorization as authorization_header
from apikeys.access import refusals, token_text, tokens
from apikeys.access.authorization import BLANK, bearer
from apikeys.access.parameters import Pair, in_carriers
from apikeys.access.refusals import Refusal

_because = refusals.CREDENTIALS_MALFORMED.because
_BEARER_EMPTY = _because("There is no token after Bearer.")
_ID_ALONE = _because(
    "Only the ID of an ID and key pair was sent. Send the key beside it."
)
_SECRET_ALONE = _because(
    "Only the key of an ID and key pair was sent. Send the ID beside it, or the whole"
    " token in its place."
)
_HALF_IN_PARAMETERS = _because("Only one half of an ID and key pair was sent.")
_PASSWORD_BESIDE_TOKEN = _because(
    "Basic has the whole token as its user name and a password beside it. Leave the"
    " password empty."
)
_OTHER_ID = _because(
    "The ID and the token beside it do not belong together. Send the token alone."
)
_SCHEMES_OF_PROXIES = frozenset({"digest", "negotiate", "ntlm"})
_KEY_START = f"{tokens.KEY_PREFIX}_"
# Prefix, ID and secret are joined by two; an ID alone has one, a secret none.
_UNDERSCORES_OF_A_TOKEN = 2


@dataclass(slots=True)
class PresentedCredential:
    """The text of a credential, not yet read, and whether it stood in parameters."""

    text: str = field(repr=False)
    in_parameters: bool


def find(
    authorization: str | None,
    environ: Mapping[str, Any],
    key_headers: Sequence[Pair],
    *carriers: Sequence[Pair],
    body: Callable[[], Sequence[Pair]] | None = None,
) -> PresentedCredential | Refusal:
    """Return the one credential of a request of our own family, or why there is not one.

    The header pairs stand in `environ` under the names `key_headers` (WSGI). `carriers`
    are the parameters of the query; those of the body, each for itself, are asked for
    only where no header has a credential. The guarded application may have an
    `Authorization` and a parameter `api` of its own: without a key in it the header is
    refused, and half a pair of parameters is, only where no credential stands elsewhere.
    """
    found: list[str | Refusal] = []
    for id_header, secret_header in key_headers:
        if id_header in environ or secret_header in environ:
            found += _in_pair(
                environ.get(id_header, "").strip(BLANK),
                environ.get(secret_header, "").strip(BLANK),
            )
    in_bearer = bearer(authorization)
    if in_bearer is not None:
        found.append(in_bearer or _BEARER_EMPTY)
    elif authorization:
        found += _in_basic(authorization)
    if not found and body is not None:
        carriers = (*carriers, body())
    if any(carriers):
        in_parameters, is_half = in_carriers(carriers)
        found += in_parameters
    else:
        in_parameters, is_half = None, False
    if found:
        return only_one(found, bool(in_parameters))
    return _none_found(authorization, is_half)


def is_of_a_proxy(authorization: str | None) -> bool:
    """Tell whether an `Authorization` is one that a proxy asks people for: no key in it."""
    scheme = (authorization or "").strip(BLANK).partition(" ")[0].lower()
    if scheme in _SCHEMES_OF_PROXIES:
        return True
    found = authorization_header.basic(authorization)
    return isinstance(found, tuple) and _KEY_START not in found[0]


def only_one(
    found: Sequence[str | Refusal], in_parameters: bool
) -> PresentedCredential | Refusal:
    """Return what several places agree on; `found` must not be empty.

    The same credential twice is one.
    """
    if len(found) > 1 and len(set(found)) > 1:
        return refusals.CREDENTIALS_AMBIGUOUS
    first = found[0]
    return (
        PresentedCredential(first, in_parameters) if isinstance(first, str) else first
    )


def read(text: str) -> tokens.Token | Refusal:
    """Return the token that a presented text is, or why it is none."""
    try:
        return tokens.parse(text)
    except tokens.WrongCheck:
        return refusals.CREDENTIALS_INVALID
    except tokens.MalformedToken:
        return token_text.malformed(text)


def _none_found(authorization: str | None, is_half: bool) -> Refusal:
    refusal = authorization_header.without_a_key(authorization)
    if refusal is None and is_half:
        return _HALF_IN_PARAMETERS
    return refusal or refusals.CREDENTIALS_MISSING


def _in_pair(key_id: str, secret: str) -> tuple[str | Refusal, ...]:
    """Return the token of an ID and its secret, or of a whole token as the secret."""
    if _is_whole(secret):
        is_agreed = not key_id or key_id == secret.rpartition("_")[0]
        return (secret if is_agreed else _OTHER_ID,)
    if key_id and secret:
        return (f"{key_id}_{secret}",)
    if key_id:
        return (_ID_ALONE,)
    return (_SECRET_ALONE,) if secret else ()


def _in_basic(authorization: str) -> tuple[str | Refusal, ...]:
    """Return the key in HTTP Basic, none where it is another application's."""
    found = authorization_header.basic(authorization)
    if found is None or isinstance(found, Refusal):
        return ()
    user, password = found
    if _KEY_START not in user:
        return ()
    if _is_whole(user):
        return (user if password in ("", user) else _PASSWORD_BESIDE_TOKEN,)
    return _in_pair(user, password)


def _is_whole(text: str) -> bool:
    return text.count("_") >= _UNDERSCORES_OF_A_TOKEN
