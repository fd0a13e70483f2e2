from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

# The permission to manage keys, roles and plugin tokens, as `has_perm` takes it.
MANAGE_APIS = "apikeys.manage_apis"


class ActorKind(models.TextChoices):
    PERSON = "person", _("Person")
    COMMAND = "command", _("Command")
    KEY = "key", _("API key")
    PLUGIN_TOKEN = "token", _("Plugin token")
    SYSTEM = "system", _("System")
    STRANGER = "stranger", _("Not signed in")


class AuditAction(models.TextChoices):
    KEY_CREATED = "key_created", _("Key created")
    KEY_CHANGED = "key_changed", _("Key changed")
    KEY_ROTATED = "key_rotated", _("Key rotated")
    ROTATION_CANCELLED = "rotation_cancelled", _("Rotation cancelled")
    ROTATION_ENDED = "rotation_ended", _("Rotation ended")
    KEY_DEACTIVATED = "key_deactivated", _("Key deactivated")
    KEY_ACTIVATED = "key_activated", _("Key activated")
    KEY_DELETED = "key_deleted", _("Key deleted")
    KEY_PURGED = "key_purged", _("Deleted key purged")
    PLUGIN_TOKEN_CREATED = "plugin_token_created", _("Plugin token created")
    PLUGIN_TOKEN_REPLACED = "plugin_token_replaced", _("Plugin token replaced")
    PLUGIN_TOKEN_CHANGED = "plugin_token_changed", _("Plugin token changed")
    PLUGIN_TOKEN_SHOWN = "plugin_token_shown", _("Plugin token shown")
    PLUGIN_TOKEN_DELETED = "plugin_token_deleted", _("Plugin token deleted")
    PLUGIN_TOKENS_REENCRYPTED = (
        "plugin_tokens_reencrypted",
        _("Plugin tokens encrypted anew"),
    )
    ROLE_CREATED = "role_created", _("Role created")
    ROLE_CHANGED = "role_changed", _("Role changed")
    ROLE_DELETED = "role_deleted", _("Role deleted")
    PERSON_CREATED = "person_created", _("Person created")
    PERSON_CHANGED = "person_changed", _("Person changed")
    SIGNED_IN = "signed_in", _("Signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed")
    OWN_PASSWORD_REFUSED = "own_password_refused", _("Own password was wrong")


class CacheName(models.TextChoices):
    KEYS = "keys", _("API keys")
    PLUGIN_TOKENS = "plugin_tokens", _("Plugin tokens")
