from __future__ import annotations

from apikeys.models.api_key import (
    ApiKey,
    FixedAfterCreation,
    KeyRole,
    KeySecret,
    UsedNonce,
)
from apikeys.models.audit import AuditEntry
from apikeys.models.epoch import Epoch
from apikeys.models.location import Location
from apikeys.models.plugin_token import ANYWHERE, PluginToken, Scope

__all__ = [
    "ANYWHERE",
    "ApiKey",
    "AuditEntry",
    "Epoch",
    "FixedAfterCreation",
    "KeyRole",
    "KeySecret",
    "Location",
    "PluginToken",
    "Scope",
    "UsedNonce",
]
