"""Who did what to which credential, from where: written with the change itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apikeys.choices import ActorKind, AuditAction
from apikeys.models import AuditEntry

# Old and new value of each changed field. Never a secret.
Changes = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `permissions` is nothing for those who hold all (superusers, operators)."""

    kind: ActorKind
    name: str
    address: str | None = None
    permissions: frozenset[str] | None = None

    def lacking(self, permissions: Iterable[str]) -> list[str]:
        """Return, sorted, which of the permissions the actor does not hold."""
        if self.permissions is None:
            return []
        return sorted(set(permissions) - self.permissions)


OPERATOR = Actor(ActorKind.COMMAND, "operator")


def record(
    *,
    actor: Actor,
    action: AuditAction,
    subject_id: str,
    subject_name: str,
    at: datetime,
    changes: Changes | None = None,
) -> AuditEntry:
    """Append an entry; call it inside the transaction of the change."""
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
