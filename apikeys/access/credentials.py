"""Where a credential may stand in a request; the DRF classes and the gate both ask here."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any
from urllib.parse import parse_qsl

from apikeys.access import presentation, refusals, tokens
from apikeys.access.refusals import Refusal

Pair = tuple[str, str]

# Names of TLDCRM's parameter pairs (ID, key).
PARAMETER_PAIRS: tuple[Pair, ...] = (("api", "apikey"), ("api_id", "api_key"))
# A body above this size is not searched for parameters.
MAX_BODY_BYTES = 64 * 1024

_KEY_ID_STARTS = f"{tokens.KEY_PREFIX}_"
_PARAMETER_NAMES = frozenset(name for pair in PARAMETER_PAIRS for name in pair)


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
) -> PresentedCredential | Refusal:
    """Return the one credential of a request of our own family, or why there is not one.

    The header pairs stand in `environ` under the names `key_headers` (WSGI). `carriers`
    are the parameters of the query and of the body, each for itself: two halves in
    different ones are no pair. The same credential twice is one. Half a pair in headers
    is malformed; half a pair in parameters, and an `Authorization` that is not for us,
    only where nothing else is there: a guarded application may have its own.
    """
    texts = [
        _in_pair(environ.get(key_id, ""), environ.get(secret, ""))
        for key_id, secret in key_headers
        if environ.get(key_id, "").strip() or environ.get(secret, "").strip()
    ]
    absent: Refusal = refusals.CREDENTIALS_MISSING
    in_authorization = _in_authorization(authorization)
    if isinstance(in_authorization, Refusal):
        absent = in_authorization
    elif in_authorization is not None:
        texts.append(in_authorization)
    in_parameters: set[str] = set()
    is_half = False
    if any(carriers):
        in_parameters, is_half = _in_carriers(carriers)
        texts += in_parameters
    if not texts and is_half:
        return refusals.CREDENTIALS_MALFORMED
    if not texts:
        return absent
    if len(texts) > 1 and len(set(texts)) > 1:
        return refusals.CREDENTIALS_AMBIGUOUS
    return PresentedCredential(texts[0], bool(in_parameters))


def read(text: str) -> tokens.Token | Refusal:
    """Return the token that a presented text is, or why it is none."""
    try:
        return tokens.parse(text)
    except tokens.WrongCheck:
        return refusals.CREDENTIALS_INVALID
    except tokens.MalformedToken:
        return presentation.malformed(text)


def bearer(authorization: str | None) -> str | None:
    """Return what an `Authorization: Bearer` header carries, None for another scheme."""
    scheme, value = _scheme_and_value(authorization or "")
    return value if scheme == "bearer" else None


def query_parameters(query: str) -> list[Pair]:
    """Return the credential parameters of a query string or an urlencoded body."""
    if "api" not in query and "%" not in query:
        return []
    return [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True, errors="replace")
        if name in _PARAMETER_NAMES
    ]


def json_parameters(body: bytes) -> list[Pair]:
    """Return the credential parameters at the top of a JSON object, else none."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if not isinstance(data, Mapping):
        return []
    return [
        (name, value if isinstance(value, str) else "")
        for name, value in data.items()
        if name in _PARAMETER_NAMES
    ]


def names_to_remove(present: Iterable[str]) -> set[str]:
    """Return the parameter names that form a complete pair among those present."""
    names = set(present)
    return {name for pair in PARAMETER_PAIRS if names.issuperset(pair) for name in pair}


def _scheme_and_value(authorization: str) -> tuple[str, str]:
    if not authorization.strip():
        return "", ""
    # At any white space: some clients send a tab.
    scheme, *value = authorization.split(maxsplit=1)
    return scheme.lower(), value[0].strip() if value else ""


def _in_authorization(authorization: str | None) -> str | Refusal | None:
    """Return the credential in an `Authorization` header; None for an empty one."""
    if authorization is None or not authorization.strip():
        return None
    scheme, value = _scheme_and_value(authorization)
    if scheme == "bearer":
        return value
    if scheme == "basic":
        return _in_basic(value)
    return presentation.wrong_scheme(scheme)


def _in_basic(value: str) -> str | Refusal:
    """Return what HTTP Basic carries (RFC 7617): ID and secret, or the token alone."""
    try:
        decoded = b64decode(value, validate=True).decode()
    except ValueError:
        return presentation.BASIC_UNREADABLE
    user, _, password = decoded.partition(":")
    if not user.startswith(_KEY_ID_STARTS):
        return presentation.BASIC_NOT_A_KEY
    return _in_pair(user, password) if password.strip() else user.strip()


def _in_pair(key_id: str, secret: str) -> str:
    """Return the token of a pair, whose second half may be the whole token itself."""
    key_id, secret = key_id.strip(), secret.strip()
    is_whole = secret.startswith(_KEY_ID_STARTS)
    if is_whole and (not key_id or secret.rpartition("_")[0] == key_id):
        return secret
    return _joined(key_id, secret)


def _joined(key_id: str, secret: str) -> str:
    # A missing half leaves a text that no token can have.
    return f"{key_id.strip()}_{secret.strip()}"


def _in_carriers(carriers: Iterable[Sequence[Pair]]) -> tuple[set[str], bool]:
    """Return the texts of whole pairs, and whether there is half a pair somewhere."""
    texts: set[str] = set()
    is_half = False
    for parameters, (id_name, key_name) in product(carriers, PARAMETER_PAIRS):
        ids = {value.strip() for name, value in parameters if name == id_name}
        keys = {value.strip() for name, value in parameters if name == key_name}
        is_half = is_half or bool(ids) != bool(keys)
        # Two of each tell that there are several; all of them could be millions.
        some = product(islice(ids, 2), islice(keys, 2))
        texts |= {_joined(key_id, key) for key_id, key in some}
    return texts, is_half
