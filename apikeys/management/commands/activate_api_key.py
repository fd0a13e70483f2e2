from __future__ import annotations

from apikeys.management.key_command import KeyCommand
from apikeys.services.keys import activate_key


class Command(KeyCommand):
    help = "Let an inactive key's calls pass again."
    service = activate_key
    done = "active."
