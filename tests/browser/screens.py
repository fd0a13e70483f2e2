"""Every screen of Settings by name, with enough in the database to fill it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import Group
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.keys.rotation import rotate_key
from apikeys.keys.services import deactivate_key, delete_key
from apikeys.plugin_tokens.services import issue_plugin_token
from tests.browser.steps import KEYS
from tests.factories import IssuedFactory, RoleFactory

MISSING = "/settings/nothing/"
TOKENS = "/settings/apikeys/plugintoken/"
_SITE = "?site=https://shop.tenant0.example.com/#try"
_REFUSED = "?method=POST&path=/api/v2/leads&address=203.0.113.9#try"
_ALLOWED = "?method=GET&path=/api/egress/leads&address=127.0.0.1#try"


def fill_screens() -> dict[str, str]:
    """Make a key in each state; return the screens of all who may look."""
    now = timezone.now()
    long = IssuedFactory(
        fields__name="Nightly export to the data warehouse of the northern region",
        fields__networks=("203.0.113.0/24", "2001:db8:1234:5678:9abc:def0:1234:0/112"),
        fields__endpoints=("/api/egress/*", "/api/ingress/" + "a-long-path/" * 8),
        fields__note="Runs at night.\nAsk the warehouse people.",
    ).key.key_id
    portal = IssuedFactory(
        key_type="webservice_standard", fields__endpoints=(), expires_at=None
    ).key.key_id
    IssuedFactory(fields__networks=())
    rotating, inactive, deleted = (IssuedFactory().key.key_id for _ in range(3))
    rotate_key(
        rotating,
        overlap=timedelta(days=1),
        nonce="nonce-of-a-rotation",
        actor=OPERATOR,
        at=now,
    )
    deactivate_key(inactive, actor=OPERATOR, at=now)
    delete_key(deleted, actor=OPERATOR, at=now)
    built_in = Group.objects.get(name="Administrator").pk
    return {
        "keys": KEYS,
        "keys, filtered": f"{KEYS}?status=deleted",
        "keys, nothing found": f"{KEYS}?q=nothing",
        "key": f"{KEYS}{long}/",
        "key with a call refused": f"{KEYS}{long}/{_REFUSED}",
        "key with a call allowed": f"{KEYS}{rotating}/{_ALLOWED}",
        "key of a web service": f"{KEYS}{portal}/",
        "inactive key": f"{KEYS}{inactive}/",
        "deleted key": f"{KEYS}{deleted}/",
        "plugin tokens": TOKENS,
        "plugin token": f"{TOKENS}{_plugin_token('Shop of the north')}/",
        "site that is let in": f"{TOKENS}{_plugin_token('Shop')}/{_SITE}",
        "roles": "/settings/auth/group/",
        "built-in role": f"/settings/auth/group/{built_in}/change/",
        "audit trail": "/settings/apikeys/auditentry/",
        "password": "/settings/password_change/",
        "not found": MISSING,
    }


def manager_screens() -> dict[str, str]:
    """Return the screens of those who may change something."""
    key_id = IssuedFactory(key_type="webservice_premium").key.key_id
    rotating = IssuedFactory().key.key_id
    rotate_key(rotating, overlap=timedelta(days=1), actor=OPERATOR, at=timezone.now())
    role = RoleFactory(permissions=["apikeys.view_apikey"]).pk
    return {
        "create": f"{KEYS}add/",
        "rotate": f"{KEYS}{key_id}/rotate/",
        "new password": f"{KEYS}{key_id}/password/",
        "duplicate": f"{KEYS}add/?from={key_id}",
        "deactivate": f"{KEYS}{key_id}/deactivate/",
        "end a rotation": f"{KEYS}{rotating}/end-rotation/",
        "cancel a rotation": f"{KEYS}{rotating}/cancel-rotation/",
        "let manage": f"{TOKENS}{_plugin_token('Managing')}/managing/",
        "delete": f"{KEYS}{key_id}/delete/",
        "create plugin token": f"{TOKENS}add/",
        "replace value": f"{TOKENS}{_plugin_token('Replaced')}/replace/",
        "delete plugin token": f"{TOKENS}{_plugin_token('Deleted')}/delete/",
        "create role": "/settings/auth/group/add/",
        "role": f"/settings/auth/group/{role}/change/",
        "delete role": f"/settings/auth/group/{role}/delete/",
    }


def _plugin_token(name: str) -> UUID:
    issued = issue_plugin_token(
        name=name,
        domains=[f"tenant{number}.example.com" for number in range(12)],
        actor=OPERATOR,
        at=timezone.now(),
    )
    return issued.token.public_id
