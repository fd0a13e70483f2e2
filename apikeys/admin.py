"""For Django's discovery alone: registers what each subject shows on the Settings screens."""

from __future__ import annotations

from apikeys.audit import admin as audit
from apikeys.keys import admin as keys
from apikeys.organization import admin as organization
from apikeys.plugin_tokens import admin as plugin_tokens

__all__ = ["audit", "keys", "organization", "plugin_tokens"]
