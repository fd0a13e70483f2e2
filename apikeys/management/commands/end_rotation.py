from __future__ import annotations

from apikeys.keys.rotation import end_rotation
from apikeys.management.key_command import KeyCommand


class Command(KeyCommand):
    help = "Drop the old secret of a rotation now and keep the new one."
    service = end_rotation
    done = "rotation ended, the new token stays."
    would = "the old token would be dropped, the new one would stay."
