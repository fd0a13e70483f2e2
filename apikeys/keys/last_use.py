"""Last uses of keys and of each of their secrets.

The key has its own, since a secret goes with the end of a rotation and with the key.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from apikeys.caching.last_use import LastUse, Use, Uses, columns, write_rows

_KEYS, _SECRETS = (
    f"UPDATE {table} SET last_used_at = %s, last_used_address = %s"  # noqa: S608 (our own names)
    " WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)"
    for table in ("apikeys_apikey", "apikeys_keysecret")
)


def _write(uses: Uses) -> None:
    # The keys first: services lock a key and then its secrets, and two who lock in
    # different orders would wait for each other.
    write_rows(_KEYS, _rows(_of_keys(uses)))
    write_rows(_SECRETS, _rows(uses))


def _of_keys(uses: Uses) -> Uses:
    """Return the newest use of each key, in the order of keys."""
    newest: dict[int, Use] = {}
    for use in sorted(uses.values(), key=lambda use: (use.owner, use.at)):
        newest[use.owner] = use
    return newest


def _rows(uses: Uses) -> list[tuple[Any, ...]]:
    as_column = connection.ops.adapt_ipaddressfield_value
    return [
        (moment, as_column(str(address) if address else None), pk, moment)
        for pk, moment, address in columns(uses)
    ]


# Each process has one.
last_use = LastUse(_write)
