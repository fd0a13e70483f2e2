"""Who acts, as services and the audit trail know them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apikeys.choices import ActorKind


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `permissions` is None for those who hold all (superusers, operators).

    `kind` is one of the contributed `actor_kinds`.
    """

    kind: str
    name: str
    address: str | None = None
    permissions: frozenset[str] | None = None

    def lacking(self, permissions: Iterable[str]) -> list[str]:
        """Return, sorted, which of the permissions the actor does not hold."""
        if self.permissions is None:
            return []
        return sorted(set(permissions) - self.permissions)


OPERATOR = Actor(ActorKind.COMMAND, "operator")
