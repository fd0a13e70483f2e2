from __future__ import annotations

from apikeys.admin import audit, keys, roles

__all__ = ["audit", "keys", "roles"]
