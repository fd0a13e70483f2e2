"""Credentials in the query or in a body, which only some keys accept there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, product
from urllib.parse import parse_qsl

Pair = tuple[str, str]

# Names of TLDCRM's parameter pairs (ID, key).
PARAMETER_PAIRS: tuple[Pair, ...] = (("api", "apikey"), ("api_id", "api_key"))
# A body above this size is not searched for parameters.
MAX_BODY_BYTES = 64 * 1024

_PARAMETER_NAMES = frozenset(name for pair in PARAMETER_PAIRS for name in pair)


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


def in_carriers(carriers: Iterable[Sequence[Pair]]) -> tuple[set[str], bool]:
    """Return the texts of whole pairs, and whether there is half a pair somewhere.

    A carrier is the query or the body, each for itself: two halves in different ones
    are no pair.
    """
    texts: set[str] = set()
    is_half = False
    for parameters, (id_name, key_name) in product(carriers, PARAMETER_PAIRS):
        ids = {value.strip() for name, value in parameters if name == id_name}
        keys = {value.strip() for name, value in parameters if name == key_name}
        is_half = is_half or bool(ids) != bool(keys)
        # Two of each tell that there are several; all of them could be millions.
        some = product(islice(ids, 2), islice(keys, 2))
        texts |= {f"{key_id}_{key}" for key_id, key in some}
    return texts, is_half
