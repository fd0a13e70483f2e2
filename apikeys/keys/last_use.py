"""Last uses of the secrets of keys."""

from __future__ import annotations

from django.db import connection

from apikeys.caching.last_use import LastUse, Uses, columns, write_rows

_KEY_UPDATE = (
    "UPDATE apikeys_keysecret SET last_used_at = %s, last_used_address = %s"
    " WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)"
)


def _write_secrets(uses: Uses) -> None:
    as_column = connection.ops.adapt_ipaddressfield_value
    write_rows(
        _KEY_UPDATE,
        [
            (moment, as_column(str(address) if address else None), pk, moment)
            for pk, moment, address in columns(uses)
        ],
    )


# Each process has one.
last_use = LastUse(_write_secrets)
