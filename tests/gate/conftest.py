from __future__ import annotations

import pytest

from tests.gate.stack import find_program

# Caddy's recipe is run where Caddy is; nginx's is run always.
collect_ignore = [] if find_program("caddy") else ["test_caddy.py"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("gate")


@pytest.fixture
def upstream(stack):
    stack.upstream.seen.clear()
    return stack.upstream
