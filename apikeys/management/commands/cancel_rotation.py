from __future__ import annotations

from apikeys.keys.rotation import cancel_rotation
from apikeys.management.key_command import KeyCommand


class Command(KeyCommand):
    help = "Drop the new secret of a rotation and keep the old one."
    service = cancel_rotation
    done = "rotation cancelled, the old token stays."
    would = "the new token would be dropped, the old one would stay."
