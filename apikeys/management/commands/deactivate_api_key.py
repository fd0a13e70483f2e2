from __future__ import annotations

from apikeys.management.key_command import KeyCommand
from apikeys.services.keys import deactivate_key


class Command(KeyCommand):
    help = "Refuse a key's calls until it is activated again."
    service = deactivate_key
    done = "inactive."
