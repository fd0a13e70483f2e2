"""Last uses of plugin tokens."""

from __future__ import annotations

from apikeys.caching.last_use import LastUse, Uses, columns, write_rows

_PLUGIN_UPDATE = (
    "UPDATE apikeys_plugintoken SET last_used_at = %s"
    " WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)"
)


def _write_plugin_tokens(uses: Uses) -> None:
    # Not the address: it is a visitor's of somebody's page.
    write_rows(
        _PLUGIN_UPDATE,
        [(moment, pk, moment) for pk, moment, _ in columns(uses)],
    )


# Each process has one.
plugin_token_last_use = LastUse(_write_plugin_tokens)
