from __future__ import annotations

from typing import Any

from apikeys.management.listing import ListCommand, Record
from apikeys.management.operator import local_time
from apikeys.organization.models import Person


class Command(ListCommand):
    help = "List the people who can sign in or could, by their user names."
    thing = "person"
    things = "people"
    fields = ("username", "name", "email", "status", "roles", "last_signed_in_at")
    columns = ("username", "status", "roles", "last_signed_in_at", "email", "name")
    empty = {"last_signed_in_at": "never signed in", "email": "no e-mail"}

    def records(self, options: dict[str, Any]) -> list[Record]:
        people = Person.objects.order_by("username").prefetch_related("groups")
        return [_record(person) for person in people]

    def table_cell(self, column: str, value: Any) -> str:
        if column == "last_signed_in_at":
            return local_time(value)
        return super().table_cell(column, value)


def _record(person: Person) -> Record:
    roles = sorted(role.name for role in person.groups.all())
    signed_in_at = person.last_login
    return {
        "username": person.get_username(),
        "name": person.get_full_name(),
        "email": person.email,
        "status": "active" if person.is_active else "inactive",
        "roles": ["superadmin", *roles] if person.is_superuser else roles,
        "last_signed_in_at": signed_in_at.isoformat() if signed_in_at else None,
    }
