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

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Epoch",
    "FixedAfterCreation",
    "KeyRole",
    "KeySecret",
    "Location",
    "UsedNonce",
]
