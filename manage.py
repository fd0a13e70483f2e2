#!/usr/bin/env python
"""Django's command-line entrance to the project."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    from apikeys.management.streams import failed_writes_end_plainly
    from config.environment import wrong_settings_end_the_process

    with failed_writes_end_plainly(), wrong_settings_end_the_process():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
