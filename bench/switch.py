"""Switches keys off and on at command, as another process than the server.

Reads lines `off KEY_ID` and `on KEY_ID`; answers each with the moment at which
the change was committed, on the clock that all processes of a machine share.
"""

from __future__ import annotations

import sys
import time

import django

django.setup()

from django.utils import timezone  # noqa: E402 (needs the settings)

from apikeys.changes.actors import OPERATOR  # noqa: E402
from apikeys.keys.services import activate_key, deactivate_key  # noqa: E402


def main() -> None:
    for line in sys.stdin:
        command, key_id = line.split()
        change = deactivate_key if command == "off" else activate_key
        change(key_id, actor=OPERATOR, at=timezone.now())
        sys.stdout.write(f"{time.monotonic()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
