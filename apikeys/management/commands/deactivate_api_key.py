from __future__ import annotations

from apikeys.keys.services import deactivate_key
from apikeys.management.key_command import KeyCommand


class Command(KeyCommand):
    help = "Refuse a key's calls until it is activated again."
    service = deactivate_key
    done = "inactive."
