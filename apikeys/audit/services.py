"""Who did what to which credential, from where: written with the change itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import Actor

# Old and new value of each changed field. Never a secret.
Changes = Mapping[str, tuple[Any, Any]]


def record(
    *,
    actor: Actor,
    action: str,
    subject_id: str,
    subject_name: str,
    at: datetime,
    changes: Changes | None = None,
) -> AuditEntry:
    """Append an entry; call it inside the transaction of the change.

    `action` is one of the contributed `audit_actions`.
    """
    return AuditEntry.objects.create(
        at=at,
        actor_kind=actor.kind,
        actor=actor.name,
        address=actor.address,
        action=action,
        subject_id=subject_id,
        subject_name=subject_name,
        changes={name: list(pair) for name, pair in (changes or {}).items()},
    )
