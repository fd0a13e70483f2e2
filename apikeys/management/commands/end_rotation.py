from __future__ import annotations

from apikeys.management.key_command import KeyCommand
from apikeys.services.rotation import end_rotation


class Command(KeyCommand):
    help = "Drop the old secret of a rotation now and keep the new one."
    service = end_rotation
    done = "rotation ended, the new token stays."
