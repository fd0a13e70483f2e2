from __future__ import annotations

from collections.abc import Iterator

import pytest

from apikeys.keys.cache import key_cache
from apikeys.plugin_tokens.cache import plugin_token_cache


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """Each journey starts as a new process: a rolled back cache version repeats its numbers."""
    key_cache.clear()
    plugin_token_cache.clear()
    yield
    key_cache.clear()
    plugin_token_cache.clear()
