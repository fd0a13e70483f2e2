from __future__ import annotations

from apikeys.admin import audit, keys, plugin_tokens, roles

__all__ = ["audit", "keys", "plugin_tokens", "roles"]
