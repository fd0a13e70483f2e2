from __future__ import annotations

from apikeys.management.commands import deactivate_person


class Command(deactivate_person.Command):
    help = "Let a member of staff sign in again, with the password that they had."
    is_active = True
