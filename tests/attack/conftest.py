from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attack.serving import Served, serving


@pytest.fixture(scope="session")
def served(tmp_path_factory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as product:
        yield product


@pytest.fixture(scope="session")
def token(served) -> str:
    return str(served.create_key("attack")["token"])
