from __future__ import annotations

import pytest
from django.core.management import get_commands, load_command_class

OURS = sorted(name for name, app in get_commands().items() if app == "apikeys")


@pytest.mark.parametrize("name", OURS)
def test_a_command_and_each_of_its_options_are_explained(name):
    command = load_command_class("apikeys", name)
    parser = command.create_parser("manage.py", name)

    assert command.help.endswith(".")
    assert [action.dest for action in parser._actions if not action.help] == []
    # A percent sign that is meant for nobody would end `--help` with a traceback.
    assert parser.format_help()
