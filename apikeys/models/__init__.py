"""For Django's discovery alone; code imports models from their subjects."""

from __future__ import annotations

from apikeys.audit.models import AuditEntry
from apikeys.caching.models import CacheVersion
from apikeys.changes.models import UsedNonce
from apikeys.counting.models import TryCount
from apikeys.keys.models import ApiKey, KeyRole, KeySecret
from apikeys.organization.models import Location, Person, PersonSession
from apikeys.plugin_tokens.models import PluginToken

__all__ = [
    "ApiKey",
    "AuditEntry",
    "CacheVersion",
    "KeyRole",
    "KeySecret",
    "Location",
    "Person",
    "PersonSession",
    "PluginToken",
    "TryCount",
    "UsedNonce",
]
