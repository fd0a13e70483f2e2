from __future__ import annotations

from apikeys.keys.services import activate_key
from apikeys.management.key_command import KeyCommand


class Command(KeyCommand):
    help = "Let an inactive key's calls pass again."
    service = activate_key
    done = "active."
