from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("gate")


@pytest.fixture
def upstream(stack):
    stack.upstream.seen.clear()
    return stack.upstream
