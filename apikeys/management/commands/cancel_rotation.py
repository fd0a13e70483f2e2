from __future__ import annotations

from apikeys.management.key_command import KeyCommand
from apikeys.services.rotation import cancel_rotation


class Command(KeyCommand):
    help = "Drop the new secret of a rotation and keep the old one."
    service = cancel_rotation
    done = "rotation cancelled, the old token stays."
